import { setMaxListeners } from "node:events";
import { createShadowFolder, isInside } from "../clients/release-folder.ts";
import type { Emit } from "../core/event.ts";
import { obstacle, obstacles, type PlannedStep } from "../core/plan.ts";
import { StepFailure } from "../core/step.ts";
import type { IntegrityFinding } from "../ritual/integrity/model.ts";
import type { Payload, RitualContext, RitualStep } from "../ritual/step.ts";
import { applySteps, planSteps, reasonOf } from "./reconcile.ts";
import { carry } from "./ritual/carry.ts";
import { chosenSteps, type PlacedStep, withOwnSteps } from "./ritual/choose.ts";
import type { RitualOutcome } from "./ritual/outcome.ts";
import { type Course, recordsOf } from "./ritual/records.ts";
import type { Lease, Prepared, RitualRun, Told } from "./ritual/run.ts";
import { createSay } from "./ritual/say.ts";

/** The steps of the tool's own, by their names. Integrity comes before them all and is none of them: without it there is no release to speak of. */
export const stepNames = [
  "changelog",
  "metrics",
  "probe",
  "snapshot",
  "archive",
  "broadcast",
  "complete",
] as const;
export type StepName = (typeof stepNames)[number];

/** The ritual's steps in their order, with the project's own ones among them. @throws SentinelError `config-invalid` */
export function ritualSteps<S extends { readonly name: string }>(
  tool: Readonly<Record<StepName, S>>,
  own: readonly PlacedStep<S>[] = [],
): readonly S[] {
  const list: readonly S[] = [
    // What has changed since the release before, for people and for programs.
    tool.changelog,
    // The release and its numbers, to where numbers are kept.
    tool.metrics,
    // Does the dashboard show anything? A picture of nothing is worth nothing.
    tool.probe,
    // What it shows, with its data.
    tool.snapshot,
    // All of that, in one file that stays as it is.
    tool.archive,
    // Last of what others see: it links to the rest, and cannot be taken back.
    tool.broadcast,
    // The log of it all, and the mark that nothing is left to do.
    tool.complete,
  ];
  return withOwnSteps(list, own);
}

/**
 * From a valid tag to everybody knowing: integrity first, then a plan, then step by step until the world is as it should be.
 * Run again, it goes on from what is there. What integrity or the plan does not allow changes nothing.
 */
export async function ritual(run: RitualRun): Promise<RitualOutcome> {
  setMaxListeners(0, run.signal);
  const say = createSay(run);
  const chosen = new Set(chosenSteps(run.names, run));
  // Who is told is told what has changed.
  if (chosen.has("broadcast")) chosen.add("changelog");
  const { release, findings } = await run.validate(run.signal);
  run.signal.throwIfAborted();
  const broken = stopping(findings);
  if (broken || release === null) return say.notValid(findings, broken ?? "unknown");

  const course: Course = {
    findings,
    chosen,
    skipped: new Map(),
    settled: new Set(),
    planned: [],
    results: [],
    carried: new Map(),
  };
  const told: Told = { records: () => recordsOf(prepared.steps, course) };
  const found = await run.prepare(release, told).catch((error: unknown) => {
    if (error instanceof StepFailure) return error;
    throw error;
  });
  if (found instanceof StepFailure) return say.notPrepared(findings, found);
  const prepared: Prepared = found;
  const applicable = skipping(prepared.steps, course);
  const plan = await lookAhead(applicable, prepared, course, run);
  if (run.dryRun) {
    const payloads = await previews(applicable, prepared, course, run.signal);
    const inTheWay = obstacle(plan);
    if (inTheWay) return say.stopped(inTheWay, obstacles(plan, inTheWay), prepared, course, payloads);
    return say.planned(prepared, course, payloads);
  }
  const inTheWay = obstacle(plan);
  if (inTheWay) return say.stopped(inTheWay, obstacles(plan, inTheWay), prepared, course);
  if (asked(plan, course).every(({ state }) => state === "done")) return say.ended(prepared, course);

  const lease = await prepared.takeLease(run.signal);
  if (!lease.held) return say.stopped(lease.state, [lease], prepared, course);
  try {
    await act(applicable, prepared, lease, course, run);
  } finally {
    await lease.release();
  }
  const outcome = say.ended(prepared, course);
  const afterwards = plan.some(({ id, state }) => id === "complete" && state === "done");
  prepared.keep(recordsOf(prepared.steps, course), outcome, afterwards);
  return outcome;
}

/** Those that apply here; why the others do not is noted. */
function skipping(steps: readonly RitualStep[], course: Course): readonly RitualStep[] {
  return steps.filter((step) => {
    const reason = step.skip?.() ?? null;
    if (reason !== null) course.skipped.set(step.name, reason);
    return reason === null;
  });
}

/** Looks at every step: of those that are not asked for too it is said whether they are left to do. */
async function lookAhead(
  applicable: readonly RitualStep[],
  { context }: Prepared,
  course: Course,
  run: RitualRun,
): Promise<readonly PlannedStep[]> {
  const { chosen } = course;
  const { steps } = carry(applicable, context, async () => {});
  // Only what is to act has to prove that it can.
  const looked = steps.map((step) => (chosen.has(step.id) ? step : { ...step, prove: async () => [] }));
  const plan = await planSteps(looked, run.signal);
  run.signal.throwIfAborted();
  const marked = asMarked(plan, run, chosen);
  course.settled = new Set(marked.filter((step, i) => step !== plan[i]).map(({ id }) => id));
  course.planned = marked.flatMap((step) => {
    if (chosen.has(step.id) || step.state === "done") return [step];
    return chosen.has("complete") ? [asLeftOut(step)] : [];
  });
  run.emit({ type: "plan", steps: asked(course.planned, course) });
  return course.planned;
}

/**
 * Who has marked the ritual complete has seen every step done: what this machine does not know of is not done again by itself,
 * unless it is asked for by name. Who was told is known to every machine: a channel that is new, or is asked for once more, is told.
 */
function asMarked(
  plan: readonly PlannedStep[],
  { only, from }: Pick<RitualRun, "only" | "from">,
  chosen: ReadonlySet<string>,
): readonly PlannedStep[] {
  const end = plan.find(({ id }) => id === "complete");
  if (end?.state !== "done") return plan;
  const isNamed = only.length > 0 || from !== undefined;
  const toTell = plan.some(({ id, state }) => id === "broadcast" && state !== "done");
  const isOpen = (id: string) =>
    id === "broadcast" || (id === "changelog" && toTell) || (isNamed && chosen.has(id));
  return plan.map((step) =>
    step.state === "done" || isOpen(step.id)
      ? step
      : {
          id: step.id,
          title: step.title,
          state: "done",
          message: `the ritual is ${end.message}; not done again: ${step.message} (for that: --only ${step.id})`,
          proofs: [],
        },
  );
}

/** A step that was left out, though the ritual is to be completed, is in the way of that unless it is done. */
function asLeftOut({ id, title }: PlannedStep): PlannedStep {
  return {
    id,
    title,
    state: "conflict",
    message: `${id} is left out, and it is not done: nothing can be complete without it`,
    remedy: `leave --only and --from out, or do not ask for complete`,
    proofs: [],
  };
}

function asked(plan: readonly PlannedStep[], { chosen }: Course): readonly PlannedStep[] {
  return plan.filter(({ id }) => chosen.has(id));
}

async function previews(
  applicable: readonly RitualStep[],
  { context }: Prepared,
  { chosen, planned }: Course,
  signal: AbortSignal,
): Promise<RitualOutcome["payloads"]> {
  const payloads: (Payload & { step: string })[] = [];
  // What a step would write is there for those after it.
  const folder = createShadowFolder(context.folder);
  for (const step of applicable) {
    const isDone = planned.some(({ id, state }) => id === step.name && state === "done");
    if (!chosen.has(step.name) || isDone) continue;
    for (const payload of await shown(step, { ...context, folder }, signal)) {
      payloads.push({ step: step.name, ...payload });
      const name = /^file (\S+)$/.exec(payload.to)?.[1];
      if (name !== undefined && isInside(name)) folder.write(name, payload.body);
    }
  }
  return payloads;
}

/** What a step would send; what cannot be shown keeps the others from nothing. */
async function shown(
  step: RitualStep,
  context: RitualContext,
  signal: AbortSignal,
): Promise<readonly Payload[]> {
  try {
    return await step.preview(context, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { message } = reasonOf(error);
    return [{ to: step.title, type: "text/plain", body: `<cannot be shown: ${message}>\n` }];
  }
}

/** Step by step, each one only while the tag stays where it is and the lease is ours. */
async function act(
  applicable: readonly RitualStep[],
  { context, unmoved }: Prepared,
  lease: Lease,
  course: Course,
  { signal, emit }: RitualRun,
): Promise<void> {
  const steps = applicable.filter(({ name }) => course.chosen.has(name) && !course.settled.has(name));
  const guarded = carry(steps, context, async (limit) => {
    await lease.renew(limit);
    await unmoved(limit);
  });
  course.carried = guarded.carried;
  const both = AbortSignal.any([signal, lease.signal]);
  setMaxListeners(0, both);
  const heard: Emit = (event) => {
    if (event.type === "step.finished") course.results = [...course.results, event.result];
    emit(event);
  };
  const results = await applySteps(guarded.steps, { signal: both, emit: heard });
  course.results = results;
}

function stopping(findings: readonly IntegrityFinding[]): "conflict" | "unknown" | undefined {
  const words = findings.map(({ status }) => status);
  return words.includes("fail") ? "conflict" : words.includes("unknown") ? "unknown" : undefined;
}
