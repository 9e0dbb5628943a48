import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { at, type KubeObject } from "./object.ts";
import { numberAt, without } from "./shape.ts";
import { deploymentRevision, templateOf } from "./states/deployment.ts";
import { groupKind } from "./states/kinds.ts";
import { ownedBy } from "./states/state.ts";

/** `12`, or `web=12, worker=9` where there are several Deployments; empty where there is none. */
export function revisionsOf(objects: readonly KubeObject[]): string {
  const numbered = objects.flatMap((object) => {
    const revision = deploymentRevision(object);
    return revision === undefined ? [] : [{ name: object.metadata.name, revision }];
  });
  if (numbered.length === 1) return numbered[0]?.revision ?? "";
  return numbered.map(({ name, revision }) => `${name}=${revision}`).join(", ");
}

/** One revision that the cluster keeps of a workload: a replica set, or a controller revision. */
export interface KeptRevision {
  readonly workload: KubeObject;
  readonly revision: string;
  /** The workload with the template of then. */
  readonly object: KubeObject;
}

/** What the cluster still has of these workloads' past, newest first. */
export function keptRevisions(
  workloads: readonly KubeObject[],
  nearby: readonly KubeObject[],
): KeptRevision[] {
  return workloads.flatMap((workload) => {
    const kept = ["apps/Deployment", "argoproj.io/Rollout"].includes(groupKind(workload))
      ? ownedBy({ nearby }, workload, "ReplicaSet").flatMap((set) => {
          const revision = deploymentRevision(set);
          return revision === undefined ? [] : [{ revision, template: templateOf(set) }];
        })
      : ownedBy({ nearby }, workload, "ControllerRevision").flatMap((one) => {
          const template = at(one, "data", "spec", "template");
          const revision = numberAt(one, "revision");
          if (revision === undefined || typeof template !== "object" || template === null) return [];
          return [{ revision: String(revision), template: without(template, "$patch") }];
        });
    return kept
      .sort((a, b) => Number(b.revision) - Number(a.revision))
      .map(({ revision, template }) => ({
        workload,
        revision,
        object: { ...workload, spec: { ...(workload["spec"] as object), template } },
      }));
  });
}

/**
 * What is meant by `12` or `web=12,worker=9`. @throws StepFailure that lists what there is
 */
export function chosenRevisions(text: string, kept: readonly KeptRevision[]): KeptRevision[] {
  const wanted = text.split(",").map((part) => part.trim());
  const found = wanted.flatMap((word) => {
    const [, name, revision] = /^(?:(?:[\w.]+\/)?([\w.-]+)=)?(\d+)$/.exec(word) ?? [];
    if (revision === undefined) return [];
    return kept.filter(
      (one) => one.revision === revision && (name === undefined || one.workload.metadata.name === name),
    );
  });
  const workloads = new Set(found.map(({ workload }) => workload.metadata.uid));
  if (found.length === wanted.length && workloads.size === found.length) return found;
  const list = kept.map(({ workload, revision }) => `${workload.metadata.name}=${revision}`).join(", ");
  const several = new Set(kept.map(({ workload }) => workload.metadata.uid)).size > 1;
  const [newest] = kept;
  const why = found.length > wanted.length ? "stands for several workloads" : "is not kept by the cluster";
  throw new StepFailure(
    `revision ${printable(text, 200)} ${why}; there ${list === "" ? "are none" : `is ${printable(list, 400)}`}`,
    newest === undefined
      ? undefined
      : `--to ${several ? `${printable(newest.workload.metadata.name, 100)}=` : ""}${newest.revision}`,
    true,
  );
}
