import type { Readable } from "node:stream";
import type { Kubectl } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import type { Secrets } from "../../core/mask.ts";
import { sleep } from "../../core/sleep.ts";
import { type Proof, StepFailure } from "../../core/step.ts";
import type { Change, Status } from "../driver.ts";
import { appliedSentence, applyObjects } from "../kubernetes/apply.ts";
import { refusedProofs } from "../kubernetes/complaints.ts";
import { changeOf } from "../kubernetes/diff.ts";
import { learnKinds } from "../kubernetes/kinds.ts";
import { readManifests } from "../kubernetes/locate.ts";
import { duplicates, type Wanted } from "../kubernetes/manifests.ts";
import { groupByManner, type Manner, mannerOf } from "../kubernetes/manner.ts";
import { type KubeObject, keyOf, refOf, say } from "../kubernetes/object.ts";
import { createObserver } from "../kubernetes/observe.ts";
import { patiently } from "../kubernetes/patience.ts";
import { inOrder } from "../kubernetes/placed.ts";
import { readObjects } from "../kubernetes/read.ts";
import { rehearse } from "../kubernetes/rehearse.ts";
import { registerSecrets } from "../kubernetes/secret-values.ts";
import { typedIn } from "../kubernetes/typed.ts";
import { moveTo } from "./moved.ts";

const pollMs = 1000;
const accountMs = 60_000;

export interface ContentsAsked {
  /** Absolute; `-` is standard input. */
  readonly manifests: readonly string[];
  readonly kustomize?: string;
  readonly serverSide: boolean | undefined;
}

/** What goes into one preview's namespace. */
export interface Contents {
  readonly subjects: readonly string[];
  /** Until the namespace's own account is there: without it the server takes no pod. */
  ready(signal: AbortSignal): Promise<void>;
  /** What would become of each object. @throws StepFailure, final, when the server refuses one; KubectlFailure */
  rehearse(signal: AbortSignal): Promise<readonly Change[]>;
  /** @throws StepFailure, KubectlFailure */
  apply(signal: AbortSignal): Promise<string>;
  /** Until everything is well or will not be, or the time is up. @throws StepFailure */
  wait(limitMs: number, tell: (message: string) => void, signal: AbortSignal): Promise<Status>;
}

/** Reads manifests, and moves them into a namespace. @throws StepFailure, final; KubectlFailure */
export async function contentsOf(
  kubectl: Kubectl,
  namespace: string,
  asked: ContentsAsked,
  around: { readonly cwd: string; readonly stdin: Readable; readonly secrets: Secrets },
  signal: AbortSignal,
): Promise<Contents> {
  const { wanted, problems } = await readManifests(kubectl, asked, around, signal);
  for (const { object } of wanted) registerSecrets(object, around.secrets);
  refuse(problems);
  const objects = wanted.map(({ object }) => object);
  const kinds = await patiently(() => learnKinds(kubectl, objects, signal), signal);
  const moved = moveTo(namespace, wanted, kinds);
  refuse([...moved.problems, ...duplicates(moved.wanted)]);
  return createContents(kubectl, namespace, inOrder(moved.wanted), asked.serverSide, around.secrets);
}

function createContents(
  kubectl: Kubectl,
  namespace: string,
  wanted: readonly Wanted[],
  serverSide: boolean | undefined,
  secrets: Secrets,
): Contents {
  const objects = wanted.map(({ object }) => object);
  let live: ReadonlyMap<string, KubeObject> = new Map();
  let manners: ReadonlyMap<string, Manner> = new Map();
  let applied: readonly KubeObject[] = [];
  return {
    subjects: objects.map((object) => say(refOf(object))),
    async ready(signal) {
      const began = monotonicMs();
      const args = ["get", "serviceaccount", "default", "--ignore-not-found", "-o", "name"];
      while (monotonicMs() - began < accountMs) {
        const { stdout } = await kubectl.bound({ namespace }).run(args, { signal });
        if (stdout.trim() !== "") return;
        await sleep(200, signal);
      }
    },
    async rehearse(signal) {
      live = await patiently(() => readObjects(kubectl, objects.map(refOf), signal), signal);
      for (const object of live.values()) registerSecrets(object, secrets);
      manners = new Map(
        objects.map((object) => [keyOf(refOf(object)), mannerOf(live.get(keyOf(refOf(object))), serverSide)]),
      );
      const groups = groupByManner(objects, manners);
      const results = await Promise.all(
        groups.map(({ manner, objects: some }) =>
          patiently(() => rehearse(kubectl, some, manner, signal), signal),
        ),
      );
      const rehearsed = results.flat();
      const where = new Map(wanted.map((one) => [one.object, one.where]));
      refuse(
        refusedProofs(
          rehearsed.flatMap(({ object, complaint }) =>
            complaint === undefined ? [] : [{ object, where: where.get(object) ?? "", complaint }],
          ),
          typedIn(kubectl),
        ),
      );
      return rehearsed.map(({ object, result }) =>
        changeOf(live.get(keyOf(refOf(object))), result ?? object),
      );
    },
    async apply(signal) {
      applied = await applyObjects(kubectl, objects, manners, signal);
      return appliedSentence(applied, live);
    },
    async wait(limitMs, tell, signal) {
      const observer = createObserver({ kubectl, secrets });
      const expected = applied.map((object) => ({ ref: refOf(object), object }));
      const began = monotonicMs();
      for (let said = ""; ; ) {
        const status = await observer.look(expected, signal);
        if (status.state === "healthy" || status.state === "failed" || status.state === "other")
          return status;
        if (monotonicMs() - began >= limitMs) return status;
        if (status.message !== said) tell(status.message);
        said = status.message;
        await sleep(pollMs, signal);
      }
    },
  };
}

/** All of what is wrong, in one sentence. */
function refuse(proofs: readonly Proof[]): void {
  if (proofs.length === 0) return;
  const shown = proofs.slice(0, 8).map(({ message }) => message);
  const more = proofs.length > 8 ? `; and ${proofs.length - 8} more` : "";
  const remedies = [...new Set(proofs.flatMap(({ remedy }) => remedy ?? []))];
  throw new StepFailure(`${shown.join("; ")}${more}`, remedies.slice(0, 3).join("; ") || undefined, true);
}
