import { printable } from "../../core/text.ts";
import { isReturning, type Returning, type Run } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { answer, type Known } from "./answer.ts";
import { goBack, statesOf } from "./back.ts";
import type { Held } from "./lock.ts";
import type { DeployOutcome } from "./outcome.ts";
import { settle, tellUndone } from "./rollback.ts";
import type { DeployRun } from "./run.ts";
import { say } from "./say.ts";
import { createSteps } from "./steps.ts";
import type { Place, Survey } from "./survey.ts";

export type TurnedRound = Run & { readonly returning: Returning };

/** A run that was killed on its way back, if that is what is there. */
export function turnedRound({ plan: { unfinished } }: Survey): TurnedRound | null {
  return isReturning(unfinished) ? unfinished : null;
}

/** `back to v1.4.1, begun by alice at 2026-…`. */
export function wayOf({ returning: { version }, actor, startedAt }: TurnedRound): string {
  const to = version === null ? "what was there before" : printable(version, 100);
  return `back to ${to}, begun by ${printable(actor, 100)} at ${printable(startedAt, 40)}`;
}

/**
 * Goes that way to its end before anything else is done: what is half taken back is no way back for anybody.
 * @returns how the run has ended; null where it goes on
 */
export async function finishReturn(
  run: DeployRun,
  place: Place,
  held: Held,
  found: Survey,
  known: Known,
): Promise<DeployOutcome | null> {
  const before = turnedRound(found);
  if (before === null) return null;
  const { driver } = place;
  const { returning } = before;
  const { version, current, reason, fault } = returning;
  const steps = createSteps(run.emit);
  const seen = { ...known, survey: found, steps };
  say(run.emit, "warning", `Going ${wayOf(before)}: that is brought to its end first`);
  tellUndone(found, run.emit);
  run.leaving(`it was being rolled back, and is in between. Go on: ${run.undo}`);
  const isEmpty = returning.to.kind === "captured" && found.plan.wayBack.state === "nothing";
  const looks = isEmpty ? [] : place.backLooks;
  const went = await goBack({ driver, held, steps, limits: run.limits, emit: run.emit, looks }, before);
  const why = { message: reason };
  if (held.lost.aborted)
    return answer(run, "lock-lost", [reasonOf(held.lost.reason)], { ...seen, resume: run.undo });
  if (!went.ok) {
    const { message, remedy } = went;
    const states = { message: `what is there now: ${await statesOf(driver)}` };
    const back = { message: `going back: ${message}`, ...(remedy === undefined ? {} : { remedy }) };
    const rest = { resume: run.undo, byHand: [...driver.byHand(), run.undo] };
    return answer(run, "roll-back-failed", [why, back, states], { ...seen, ...rest });
  }
  const digests = found.record.good.find(({ id }) => id === current)?.digests ?? [];
  await settle(run, held, driver, returning, { found, aim: { current, digests }, status: went.status });
  run.leaving("what was there before is there and well");
  say(
    run.emit,
    "info",
    `Rolled back to ${version ?? (isEmpty ? "an empty place" : "what was there before")}`,
  );
  // It was tried, and has failed: the same command is no wish to try it again.
  if (!fault || before.version !== run.version || run.reason !== undefined) return null;
  const from = isEmpty ? "an empty place" : version;
  return answer(run, "rolled-back", [why], { ...seen, from, running: version });
}
