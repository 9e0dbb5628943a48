import type { Reason } from "../../core/step.ts";
import type { Returning, Status } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { answer, type Known } from "./answer.ts";
import { type Back, goBack, statesOf } from "./back.ts";
import { goForward } from "./forward.ts";
import { rejectedOf, rejections } from "./images.ts";
import { type Held, LockLost } from "./lock.ts";
import { Unproven } from "./looks.ts";
import type { DeployOutcome } from "./outcome.ts";
import type { DeployRun } from "./run.ts";
import { say } from "./say.ts";
import { createSteps, type Steps } from "./steps.ts";
import { changedBy, type Place, type Survey } from "./survey.ts";
import { Failed, persist } from "./trouble.ts";

/** Between having the lock and letting go of it. */
export interface Change {
  readonly run: DeployRun;
  readonly place: Place;
  readonly held: Held;
  readonly found: Survey;
  readonly known: Known;
}

/** From keeping what is there to a place that is well again, whatever happens in between. */
export async function change({ run, held, found, known: before, ...at }: Change): Promise<DeployOutcome> {
  const { driver } = at.place;
  const images = found.plan.images.map(({ image }) => image);
  const place = { ...at.place, run: { ...at.place.run, images } };
  const { emit, interrupt, deadline } = run;
  const steps = createSteps(emit);
  const known = { ...before, steps };
  // A run that was begun before may have applied something already.
  let applied = found.plan.unfinished !== null;
  const begun = run.onInterrupt === "rollback" ? [interrupt, deadline] : [deadline];
  const signal = AbortSignal.any([...begun, held.lost]);
  // What was begun before is ended as the policy says for what has begun.
  const early = applied ? signal : AbortSignal.any([interrupt, deadline, held.lost]);
  const stay = () => `what is there was kept, and nothing is applied yet. Go on: ${run.resume}`;
  const between = () =>
    `${run.version} may be there in part; the way back is kept. Go on: ${run.resume}; or back: ${run.undo}`;
  const state = () => (applied ? between() : stay());
  run.leaving(state());
  if (applied) {
    const theirs = changedBy(found);
    const but =
      theirs && `, but for ${theirs}, which somebody else has changed since: that stays as it is now`;
    const text = `Going on with what was begun: the way back stays the one that was kept then${but}`;
    say(emit, theirs ? "warning" : "info", text);
  }
  try {
    await pardonImages(run, place, { held, signal: early }, found);
    const status = await goForward({
      ...{ place, held, steps, emit, limits: run.limits, promote: run.promote, early, signal },
      applying() {
        applied = true;
        run.leaving(between());
      },
      working: (title) =>
        run.leaving(title === null ? state() : `“${title}” may be at work still, and ${state()}`),
    });
    return await remember(run, place, held, status, known);
  } catch (error) {
    const reason = reasonOf(error);
    if (held.lost.aborted || error instanceof LockLost)
      return answer(run, "lock-lost", lostBy(held, reason), {
        ...known,
        resume: run.resume,
        byHand: driver.byHand(),
      });
    if (!applied) return nothingApplied(run, place, held, reason, known);
    if (error instanceof Unproven)
      return answer(run, "unproven", [withRemedy(reason, run)], {
        ...known,
        running: run.version,
        resume: run.resume,
      });
    const fault = error instanceof Failed && error.fault === "release";
    return takeBack({ run, place, held, found, known }, reason, fault, steps);
  }
}

/** And what is left of what was at work then. */
function lostBy({ lost }: Held, reason: Reason): readonly Reason[] {
  const why = reasonOf(lost.reason ?? reason);
  return reason.message === why.message ? [why] : [why, reason];
}

function withRemedy({ message, remedy }: Reason, { resume, undo }: DeployRun): Reason {
  return { message, remedy: remedy ?? `look at it, then go on: ${resume}; or back: ${undo}` };
}

/** What was rejected is let in again, by the reason that was given. */
async function pardonImages(
  { version, emit }: DeployRun,
  { driver }: Place,
  { held, signal }: { readonly held: Held; readonly signal: AbortSignal },
  found: Survey,
): Promise<void> {
  const digests = rejectedOf(found.plan, found.record, version).map(({ digest }) => digest);
  if (digests.length === 0) return;
  await persist(
    "letting in again what was rejected",
    async () => {
      await held.sure();
      await driver.memory.pardon(digests, signal);
      return "";
    },
    { limitMs: rememberMs, signal, emit },
  );
  say(emit, "warning", `No longer rejected: ${digests.join(", ")}`);
}

/** It is well: that is written down although we may be interrupted just now. */
async function remember(
  run: DeployRun,
  { driver, run: made }: Place,
  held: Held,
  status: Status,
  known: Known,
): Promise<DeployOutcome> {
  const signal = AbortSignal.any([held.lost, AbortSignal.timeout(rememberMs)]);
  const there = { ...known, running: run.version, why: status.message };
  try {
    await persist(
      "writing down that it is good",
      async () => {
        await held.sure();
        await driver.memory.good(made, status, signal);
        return "";
      },
      { limitMs: rememberMs, signal, emit: run.emit },
    );
  } catch (error) {
    if (held.lost.aborted) throw error;
    const { why: _why, ...rest } = there;
    return answer(run, "unrecorded", [withRemedy(reasonOf(error), run)], { ...rest, resume: run.resume });
  }
  run.leaving(`${run.version} is there and well`);
  return answer(run, run.command === "pin" ? "pinned" : "deployed", [], there);
}

/** The memory's writes are small. */
const rememberMs = 60_000;

/** Nothing has happened but that a way back was kept; there is nothing to go on with. */
async function nothingApplied(
  run: DeployRun,
  { driver }: Place,
  held: Held,
  reason: Reason,
  known: Known,
): Promise<DeployOutcome> {
  const current = known.survey?.record.current ?? null;
  await forget(run, held, (signal) => driver.memory.rolledBack([], current, signal));
  return answer(run, "nothing-applied", [reason], {
    ...known,
    running: known.survey?.plan.wayBack.version ?? null,
  });
}

/**
 * Writes down that the run is over. What cannot be written is found by the next run, which goes on from there.
 * @returns why not; null where it stands there
 */
export async function forget(
  { emit }: DeployRun,
  held: Held,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<Reason | null> {
  const signal = AbortSignal.any([held.lost, AbortSignal.timeout(rememberMs)]);
  try {
    await persist(
      "writing down how it ended",
      async () => {
        await held.sure();
        await work(signal);
        return "";
      },
      { limitMs: rememberMs / 2, signal, emit },
    );
    return null;
  } catch (error) {
    const reason = reasonOf(error);
    say(emit, "warning", `How it ended could not be written down: ${reason.message}`);
    return reason;
  }
}

async function takeBack(
  { run, place, held, found, known }: Change,
  reason: Reason,
  fault: boolean,
  steps: Steps,
): Promise<DeployOutcome> {
  const { driver } = place;
  const { wayBack } = found.plan;
  const failed = (reasons: readonly Reason[], rest: Partial<Known> = {}) =>
    answer(run, "roll-back-failed", reasons, {
      ...known,
      resume: run.undo,
      byHand: [...driver.byHand(), run.undo],
      ...rest,
    });
  if (wayBack.state === "none" || wayBack.state === "unknown")
    return failed([reason, { message: `there is no way back, as was accepted: ${wayBack.message}` }]);
  say(run.emit, "error", `Going back to ${wayBack.version ?? "what was there before"}`);
  run.leaving(`it was being rolled back, and is in between. Go on: ${run.undo}`);
  const empty = wayBack.state === "nothing";
  const back: Back = {
    ...{ driver, held, steps, limits: run.limits, emit: run.emit },
    // Where there was nothing, nothing answers.
    looks: empty ? [] : place.backLooks,
  };
  const returning: Returning = {
    to: { kind: "captured" },
    ...{ version: wayBack.version, current: found.record.current, reason: reason.message, fault },
    // What runs instead is not known yet.
    rejected: fault ? rejections(found, ["unknown"], place.run, reason.message) : [],
  };
  const went = await goBack(back, { ...place.run, returning });
  if (held.lost.aborted)
    return answer(run, "lock-lost", [reason, reasonOf(held.lost.reason)], { ...known, resume: run.undo });
  if (!went.ok) {
    const { message, remedy } = went;
    const states = await statesOf(driver);
    return failed([
      reason,
      { message: `going back: ${message}`, ...(remedy === undefined ? {} : { remedy }) },
      { message: `what is there now: ${states}` },
    ]);
  }
  const running = went.status.digests ?? [];
  const rejected = fault ? rejections(found, running, place.run, reason.message) : [];
  await forget(run, held, (signal) => driver.memory.rolledBack(rejected, found.record.current, signal));
  run.leaving("it was rolled back, and what was there before is there and well");
  return answer(run, "rolled-back", [reason], {
    ...known,
    from: empty ? "an empty place" : wayBack.version,
    running: wayBack.version,
  });
}
