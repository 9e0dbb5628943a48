import type { Emit } from "../../core/event.ts";
import { type Proof, type Reason, StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { DeployPlan, Driver, Look, Phase, Run, TargetRecord } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { rejectedOf } from "./images.ts";
import type { DeployEnd } from "./outcome.ts";
import { say } from "./say.ts";

/** Where a deploy goes, and what looks at it. */
export interface Place {
  readonly driver: Driver;
  readonly run: Run;
  /** In the order in which they are asked. */
  readonly looks: readonly Look[];
  /** Those that are asked again when what was there before is back. */
  readonly backLooks: readonly Look[];
  readonly before: readonly Phase[];
  readonly after: readonly Phase[];
}

/** What was found out before anything is touched. */
export interface Survey {
  readonly plan: DeployPlan;
  readonly record: TargetRecord;
  /** Of the place, of the looks and of the phases. */
  readonly proofs: readonly Proof[];
}

/** What somebody has said that may be. */
export interface Allowed {
  /** It may go on though there is no way back. */
  readonly noWayBack: boolean;
  readonly reason: string | undefined;
  /** The command that goes back from here. */
  readonly undo?: string;
}

/** Looks at everything, changes nothing. @throws what the driver throws */
export async function survey(place: Place, signal: AbortSignal): Promise<Survey> {
  const proving = Promise.all(
    [...place.looks, ...place.before, ...place.after].map((one) => prove(one, signal)),
  );
  // What the plan throws is what is said then.
  proving.catch(() => {});
  const plan = await place.driver.plan(signal);
  const [record, proofs] = await Promise.all([place.driver.memory.read(signal), proving]);
  signal.throwIfAborted();
  return { plan, record, proofs: [...plan.proofs, ...proofs.flat()] };
}

async function prove(one: Look | Phase, signal: AbortSignal): Promise<readonly Proof[]> {
  try {
    return (await one.prove?.(signal)) ?? [];
  } catch (error) {
    return [{ state: "unknown", ...withTitle(one.title, reasonOf(error)) }];
  }
}

function withTitle(title: string, { message, remedy }: Reason): Reason {
  return { message: `${title}: ${message}`, ...(remedy === undefined ? {} : { remedy }) };
}

/**
 * What stands in the way, if anything does: a definite conflict wins over what could not be found out.
 * @param version what is to be put there; null where it is nothing new
 */
export function inTheWay(
  found: Survey,
  allowed: Allowed,
  version: string | null,
): { readonly end: Extract<DeployEnd, "blocked" | "critical">; readonly reasons: readonly Reason[] } | null {
  const conflicts = [
    ...reasonsOf(found.proofs, "conflict"),
    ...rejected(found, allowed, version),
    ...noWayBack(found, allowed, "none"),
  ];
  const unknowns = [...reasonsOf(found.proofs, "unknown"), ...noWayBack(found, allowed, "unknown")];
  const reasons = conflicts.length > 0 ? conflicts : unknowns;
  if (reasons.length === 0) return null;
  return {
    end: conflicts.length > 0 ? "blocked" : "critical",
    reasons: [...reasons, ...begun(found, allowed)],
  };
}

function reasonsOf(proofs: readonly Proof[], wanted: Proof["state"]): readonly Reason[] {
  return proofs
    .filter(({ state }) => state === wanted)
    .map(({ message, remedy }) => ({ message, ...(remedy === undefined ? {} : { remedy }) }));
}

function rejected({ plan, record }: Survey, { reason }: Allowed, version: string | null): readonly Reason[] {
  if (reason !== undefined) return [];
  const unique = new Map(rejectedOf(plan, record, version).map((one) => [one.what, one]));
  return [...unique.values()].map(({ what, version: of, reason: why, at, by }) => ({
    message: `${printable(what, 200)} was rejected here at ${at} by ${printable(by, 100)} (${what === of ? "" : `${printable(of, 100)}: `}${printable(why, 300)})`,
    remedy: "build another one, or say why it is good now: --reason '…'",
  }));
}

function noWayBack(
  { plan: { wayBack } }: Survey,
  { noWayBack: accepted }: Allowed,
  state: "none" | "unknown",
): readonly Reason[] {
  if (wayBack.state !== state || accepted) return [];
  return [
    {
      message: `no way back: ${wayBack.message}`,
      remedy: wayBack.remedy ?? "go without one: --no-way-back --reason '…'",
    },
  ];
}

/** What is half done is not left unsaid, whatever stops us. */
function begun({ plan: { unfinished } }: Survey, { undo }: Allowed): readonly Reason[] {
  if (!unfinished) return [];
  const { version, startedAt, actor, returning } = unfinished;
  return [
    {
      message: `a ${returning ? "roll back" : "deploy"} of ${printable(version, 100)} by ${printable(actor, 100)} was begun at ${startedAt} and has not ended`,
      ...(undo === undefined ? {} : { remedy: `back to what was there before it: ${undo}` }),
    },
  ];
}

/** What somebody else has changed since an unfinished run: `Deployment shop/web, Deployment shop/worker`; else empty. */
export function changedBy({ plan: { changedSince = [] } }: Survey): string {
  const shown = changedSince.slice(0, 5).join(", ");
  return changedSince.length > 5 ? `${shown} and ${changedSince.length - 5} more` : shown;
}

/** Whether another deploy has ended, or begun, between two looks. */
export function hasMoved(before: TargetRecord, now: TargetRecord): boolean {
  const mark = ({ current, unfinished, good, rejected: digests }: TargetRecord) =>
    JSON.stringify([current, unfinished?.id, good.map(({ id }) => id), digests.map(({ digest }) => digest)]);
  return mark(before) !== mark(now);
}

/** Whether there is nothing to do, as far as the memory knows: only the place can say that it is well. */
export function isThere({ plan, record }: Survey, version: string): boolean {
  const current = record.good.find(({ id }) => id === record.current);
  return (
    plan.unfinished === null &&
    current?.version === version &&
    plan.changes.every(({ action }) => action === "unchanged")
  );
}

/** A failure of the driver before anything was touched, as an end: what is wrong for good is for the user to mend. */
export function unready(error: unknown): { end: "blocked" | "critical"; reasons: readonly Reason[] } {
  if (!(error instanceof StepFailure)) throw error;
  return { end: error.final ? "blocked" : "critical", reasons: [reasonOf(error)] };
}

/** Says what is known and does not stop anything. */
export function tellNotices({ proofs, plan: { unfinished, wayBack } }: Survey, emit: Emit): void {
  for (const { state, message } of proofs) if (state === "notice") say(emit, "info", message);
  if (wayBack.state === "ready" || wayBack.state === "nothing")
    say(emit, "info", `Way back: ${wayBack.message}`);
  else say(emit, "warning", `Way back: ${wayBack.message}`);
  if (unfinished)
    say(
      emit,
      "warning",
      `Not ended: a ${unfinished.returning ? "roll back" : "deploy"} of ${printable(unfinished.version, 100)} by ${printable(unfinished.actor, 100)}, begun at ${unfinished.startedAt}`,
    );
}
