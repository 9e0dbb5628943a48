import type { Kubectl } from "../../clients/kubectl.ts";
import type { GoodRelease, TargetRecord } from "../driver.ts";
import { marks, templateDigest } from "./marks.ts";
import type { KubeObject } from "./object.ts";
import { itemsOf } from "./read.ts";
import { revisionsOf } from "./revisions.ts";
import { templateOf } from "./states/deployment.ts";
import { ownedBy } from "./states/state.ts";

/** How a release is called that only the workloads' own marks tell of. */
const lostPrefix = "marked ";

const nothing: TargetRecord = { good: [], rejected: [], current: null, unfinished: null };

/**
 * What the workloads themselves say of an application's releases, for when its record is gone: pod templates of Deployments
 * that were seen to be well. What else belonged to a release, and what was rejected, nobody knows any more.
 */
export async function readLost(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<TargetRecord> {
  const kept = await keptByMarks(kubectl, namespace, name, signal);
  return {
    ...nothing,
    good: kept.map(({ good }) => good),
    current: kept.find(({ runs }) => runs)?.good.id ?? null,
  };
}

/** A release that only marks tell of. */
export interface MarkedRelease {
  readonly good: GoodRelease;
  /** Deployments with the templates of then. */
  readonly objects: readonly KubeObject[];
  /** Whether all of them have these templates now. */
  readonly runs: boolean;
}

export async function keptByMarks(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<MarkedRelease[]> {
  const args = ["get", "deployments.apps,replicasets.apps", `--namespace=${namespace}`, "-o", "json"];
  const { stdout } = await kubectl.run(args, { signal });
  return markedReleases(itemsOf(stdout), name);
}

/** Pure; newest first. */
export function markedReleases(objects: readonly KubeObject[], name: string): MarkedRelease[] {
  const deployments = objects.filter(
    ({ kind, metadata }) => kind === "Deployment" && metadata.annotations?.[marks.record] === name,
  );
  const around = { nearby: objects };
  const found = deployments.flatMap((deployment) =>
    ownedBy(around, deployment, "ReplicaSet").flatMap((set) => {
      const { annotations = {} } = set.metadata;
      const digest = templateDigest(set);
      const isWell = (annotations[marks.verified] ?? "").split(",").includes(digest);
      // What a Deployment has now is copied to the newest replica set too: only its own template counts.
      if (!isWell || annotations[marks.record] !== name) return [];
      return [{ deployment, set, digest, verifiedAt: annotations[marks.verifiedAt] ?? "" }];
    }),
  );
  const times = [...new Set(found.map(({ verifiedAt }) => verifiedAt))].sort().reverse();
  return times.map((verifiedAt) => {
    const sets = found.filter((one) => one.verifiedAt === verifiedAt);
    const restored = sets.map(({ deployment, set }) => ({
      ...deployment,
      spec: { ...(deployment["spec"] as object), template: templateOf(set) },
    }));
    const version = sets[0]?.set.metadata.annotations?.[marks.version] ?? "unknown";
    return {
      good: {
        id: `${lostPrefix}${verifiedAt}`,
        version,
        commit: null,
        verifiedAt,
        actor: "unknown",
        revision: revisionsOf(
          sets.map(({ set, deployment }) => ({
            ...set,
            metadata: { ...set.metadata, name: deployment.metadata.name },
          })),
        ),
        digests: [],
      },
      objects: restored,
      runs: sets.every(({ deployment, digest }) => templateDigest(deployment) === digest),
    };
  });
}

export const isMarked = ({ id }: GoodRelease): boolean => id.startsWith(lostPrefix);
