import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import type { Secrets } from "../../core/mask.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import { type Autoscaled, autoscaledBy, isAutoscaler, readAutoscaled } from "./autoscaled.ts";
import { learnKinds } from "./kinds.ts";
import { argumentOf, type KubeObject, keyOf, type ObjectRef, say } from "./object.ts";
import { patiently } from "./patience.ts";
import { createRawWriter } from "./raw.ts";
import { readObjects } from "./read.ts";
import type { Captured } from "./record.ts";
import { putBack, type RestoreGround, raceMs } from "./restore-one.ts";
import { changedByHand, expectedAfter, orderOf, type RestoreAction, restorePlan } from "./restore-plan.ts";
import { registerSecrets } from "./secret-values.ts";

export interface Restored {
  /** For people. */
  readonly message: string;
  /** What is to be waited for. */
  readonly expected: readonly Captured[];
}

/** kubectl runs at once; each is a process. */
const concurrency = 4;

/**
 * Puts every object back as it was captured, creates what has vanished, removes what was not there. What fails does not stop
 * the rest. Safe to run again: what is right already is left alone.
 * @throws StepFailure that names every object that could not be put back, and how it is now
 */
export async function restoreObjects(
  kubectl: Kubectl,
  captured: readonly Captured[],
  signal: AbortSignal,
  secrets?: Secrets,
): Promise<Restored> {
  const look = await lookAround(kubectl, captured, signal, secrets);
  const actions = restorePlan(captured, look.live, look.autoscaled);
  const examples = captured.map(({ ref, object }) => object ?? stubOf(ref));
  const kinds = await patiently(() => learnKinds(kubectl, examples, signal), signal);
  const ground = { kubectl, writer: createRawWriter(kubectl, kinds), autoscaled: look.autoscaled };
  const failures = await carryOut(ground, actions, signal);
  if (failures.length > 0) throw refusal(kubectl, failures, actions.length);
  return { message: sentence(actions), expected: expectedAfter(actions, captured) };
}

const stubOf = ({ apiVersion, kind, name, namespace }: ObjectRef): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});

/** What is there now, and what autoscalers that stay have to say about it. Values of Secrets are registered. */
export async function lookAround(
  kubectl: Kubectl,
  captured: readonly Captured[],
  signal: AbortSignal,
  secrets?: Secrets,
): Promise<{ live: ReadonlyMap<string, KubeObject>; autoscaled: Autoscaled }> {
  const refs = captured.map(({ ref }) => ref);
  const namespaces = [...new Set(refs.flatMap(({ namespace }) => namespace ?? []))];
  const [live, scaled] = await Promise.all([
    patiently(() => readObjects(kubectl, refs, signal), signal),
    patiently(() => readAutoscaled(kubectl, namespaces, signal), signal),
  ]);
  if (secrets) for (const object of live.values()) registerSecrets(object, secrets);
  const leaving = captured.flatMap(({ ref, object }) => {
    const there = live.get(keyOf(ref));
    return object === null && there && isAutoscaler(there) ? [there] : [];
  });
  const gone = autoscaledBy(leaving);
  return { live, autoscaled: new Set([...scaled.keys].filter((key) => !gone.has(key))) };
}

interface Failure {
  readonly action: RestoreAction;
  readonly error: KubectlFailure | StepFailure;
}

async function carryOut(
  ground: RestoreGround,
  actions: readonly RestoreAction[],
  signal: AbortSignal,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const rank of [...new Set(actions.map(orderOf))].sort((a, b) => a - b)) {
    const waiting = actions.filter((action) => orderOf(action) === rank);
    const work = async () => {
      for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) {
        try {
          await patientlyPutBack(ground, action, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          if (!(error instanceof KubectlFailure || error instanceof StepFailure)) throw error;
          failures.push({ action, error });
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  }
  return failures;
}

const pausesMs = [500, 2000, 5000];
const racePauseMs = 50;

/** After a network failure nobody knows what has arrived: look again, and go on from there. */
async function patientlyPutBack(
  ground: RestoreGround,
  first: RestoreAction,
  signal: AbortSignal,
): Promise<void> {
  let action = first;
  let attempt = 0;
  for (const end = monotonicMs() + raceMs; ; ) {
    try {
      return await putBack(ground, action, signal);
    } catch (error) {
      if (!(error instanceof KubectlFailure)) throw error;
      // Its controller writes to it as long as it rolls out: one of ours comes in between.
      const isBusy = error.reason === "Conflict" && monotonicMs() < end;
      const pause = isBusy ? 0 : pausesMs[attempt++];
      if (pause === undefined || !(error.transient || races.has(error.reason))) throw error;
      await sleep(error.transient ? pause : racePauseMs, signal);
      const live = await patiently(() => readObjects(ground.kubectl, [action.ref], signal), signal);
      const captured = "captured" in action ? action.captured : null;
      const [again] = restorePlan([{ ref: action.ref, object: captured }], live, ground.autoscaled);
      if (again === undefined) return;
      action = again;
    }
  }
}

const races = new Set(["Conflict", "AlreadyExists", "NotFound"]);

function byHand(actions: readonly RestoreAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "replace") return [];
    const tools = changedByHand(action.captured, action.live);
    return tools.length > 0
      ? [`${say(action.ref)} (${tools.map((tool) => printable(tool, 60)).join(", ")})`]
      : [];
  });
}

function sentence(actions: readonly RestoreAction[]): string {
  const of = (kind: RestoreAction["kind"]) => actions.filter((action) => action.kind === kind);
  const named = (some: readonly RestoreAction[]) => {
    const names = some.slice(0, 5).map(({ ref }) => say(ref));
    return names.join(", ") + (some.length > 5 ? ` and ${some.length - 5} more` : "");
  };
  const parts = (
    [
      ["replace", "put back"],
      ["create", "created again"],
      ["remove", "removed"],
    ] as const
  ).flatMap(([kind, words]) => {
    const some = of(kind);
    return some.length > 0 ? [`${words} ${named(some)}`] : [];
  });
  const same = of("same").length;
  if (parts.length === 0) parts.push(`nothing to put back: ${count(same, "object")} as before`);
  for (const action of of("leave")) {
    if (action.kind === "leave") parts.push(`left ${say(action.ref)}: ${action.why}`);
  }
  const overwritten = byHand(actions);
  if (overwritten.length > 0) parts.push(`this undid what was changed by hand in ${overwritten.join(", ")}`);
  return parts.join("; ");
}

function refusal(kubectl: Kubectl, failures: readonly Failure[], of: number): StepFailure {
  const messages = failures.map(({ action, error }) => `${say(action.ref)}: ${error.message}`);
  const shown =
    messages.slice(0, 5).join("; ") + (messages.length > 5 ? `; and ${messages.length - 5} more` : "");
  const [first] = failures;
  const ref = first?.action.ref;
  const remedy =
    first?.error instanceof StepFailure && first.error.remedy
      ? first.error.remedy
      : ref &&
        kubectl
          .bound(ref.namespace === undefined ? {} : { namespace: ref.namespace })
          .typed(["get", argumentOf(ref), "-o", "yaml"]);
  const isFinal = failures.every(({ error }) =>
    error instanceof StepFailure ? error.final : !error.transient,
  );
  return new StepFailure(
    `${failures.length} of ${count(of, "object")} could not be put back: ${shown}`,
    remedy,
    isFinal,
  );
}
