import { setMaxListeners } from "node:events";
import type { Emit } from "../../core/event.ts";
import type { Proof, Reason } from "../../core/step.ts";
import type { Driver, GoodRelease, Returning, Run, Status, TargetRecord } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { answer, type Known } from "./answer.ts";
import { goBack, statesOf } from "./back.ts";
import { forget } from "./change.ts";
import { type Aim, choose } from "./choose.ts";
import { broughtBeside, heldBy, imageKey, isRelease, releaseKey } from "./images.ts";
import type { Held } from "./lock.ts";
import type { DeployOutcome } from "./outcome.ts";
import { type DeployRun, takeLock, withName } from "./run.ts";
import { say } from "./say.ts";
import { createSteps } from "./steps.ts";
import { changedBy, inTheWay, type Place, type Survey, survey, unready } from "./survey.ts";

export interface RollbackRun extends DeployRun {
  /** A version, revision or digest; else the last known good. */
  readonly to: string | undefined;
  open(): Promise<Place>;
}

/** Back to what was good before: no gate is asked, and nothing is deployed that was rejected. Safe to call again. */
export async function rollback(run: RollbackRun): Promise<DeployOutcome> {
  setMaxListeners(0, run.interrupt, run.deadline);
  const place = await run.open();
  try {
    return await returnTo(run, place);
  } finally {
    await place.driver.close();
  }
}

interface Course {
  readonly found: Survey;
  readonly aim: Aim;
}

async function returnTo(wanted: RollbackRun, place: Place): Promise<DeployOutcome> {
  const early = AbortSignal.any([wanted.interrupt, wanted.deadline]);
  const known: Known = { run: place.run.id, commit: null };
  const first = await course(wanted, place, known, early);
  if ("over" in first) return first.over;
  const run = withName(wanted, first.found);
  run.planned(first.found);
  say(run.emit, "info", `Going back to ${first.aim.version ?? "what was there before"}`);
  tellUndone(first.found, run.emit);
  const asked = named(run, first.aim);
  if (run.dryRun) return answer(asked, "planned", [], { ...known, survey: first.found });
  const taken = await takeLock(run, place, early);
  if (!("held" in taken)) return answer(asked, taken.end, taken.reasons, { ...known, survey: first.found });
  const { held } = taken;
  try {
    // Another one may have been at work until the lock was ours.
    const second = await course(run, place, known, early);
    if ("over" in second) return second.over;
    return await putBack(run, place, held, second, known);
  } finally {
    await held.release();
  }
}

/** What there is to do, or why not. */
async function course(
  run: RollbackRun,
  place: Place,
  known: Known,
  early: AbortSignal,
): Promise<Course | { readonly over: DeployOutcome }> {
  let found: Survey;
  let proofs: readonly Proof[] = [];
  let aim: Aim | undefined;
  try {
    found = withoutChanges(await survey(place, early));
    const choice = choose(found.record, run.to, {
      allowed: run.reason !== undefined,
      before: found.plan.wayBack.version,
    });
    if ("reasons" in choice)
      return { over: answer(named(run), "blocked", choice.reasons, { ...known, survey: found }) };
    if ("already" in choice) {
      const { version } = choice.already;
      const there = { ...known, survey: found, from: version, running: version };
      return { over: answer({ ...run, version }, "already", [], there) };
    }
    aim = choice.aim;
    proofs = (await place.driver.prove?.(aim.to, early)) ?? [];
  } catch (error) {
    early.throwIfAborted();
    const { end, reasons } = unready(error);
    return { over: answer(named(run, aim), end, reasons, known) };
  }
  // Going back is itself the way back.
  const obstacle = inTheWay(
    { ...found, proofs: [...found.proofs, ...proofs] },
    { noWayBack: true, reason: run.reason },
    null,
  );
  if (!obstacle) return { found, aim };
  return {
    over: answer(named(run, aim), obstacle.end, obstacle.reasons, { ...known, survey: found }),
  };
}

/** What the manifests would change is no part of it. */
function withoutChanges({ plan, ...rest }: Survey): Survey {
  return { ...rest, plan: { ...plan, changes: [], images: [] } };
}

function named<T extends RollbackRun>(run: T, aim?: Aim): T {
  return { ...run, version: aim?.version ?? run.to ?? "what was there before" };
}

async function putBack(
  run: RollbackRun,
  place: Place,
  held: Held,
  { found, aim }: Course,
  before: Known,
): Promise<DeployOutcome> {
  const { driver } = place;
  const { record } = found;
  const steps = createSteps(run.emit);
  const from = leaving(record);
  const known: Known = { ...before, survey: found, steps, from };
  const asked = named(run, aim);
  run.leaving(`it was being rolled back, and is in between. Go on: ${run.resume}`);
  const brought = await digestsNow(place, record);
  const back = { driver, held, steps, limits: run.limits, emit: run.emit };
  const returning = turning(run, place, { found, aim }, brought);
  const { images } = leftBehind(record) ?? {};
  const made = { ...place.run, ...(images ? { images } : {}), version: from ?? "unknown", returning };
  const went = await goBack({ ...back, looks: place.backLooks }, made);
  if (held.lost.aborted)
    return answer(asked, "lock-lost", [reasonOf(held.lost.reason)], { ...known, resume: run.resume });
  if (!went.ok) {
    const { message, remedy } = went;
    const states = await statesOf(driver);
    const reasons: readonly Reason[] = [
      { message, ...(remedy === undefined ? {} : { remedy }) },
      { message: `what is there now: ${states}` },
    ];
    return answer(asked, "roll-back-failed", reasons, {
      ...known,
      resume: run.resume,
      byHand: [...driver.byHand(), run.resume],
    });
  }
  const unwritten = await settle(run, held, driver, returning, { found, aim, status: went.status });
  run.leaving("it was rolled back, and is well");
  if (unwritten) {
    const rest = { running: aim.version, resume: run.resume };
    return answer(asked, "unrecorded", [{ remedy: run.resume, ...unwritten }], { ...known, ...rest });
  }
  const why = [went.status.message, ...undone(found)].join("; ");
  return answer(asked, "returned", [], { ...known, running: aim.version, why });
}

/** What is there of somebody else's is not kept by who goes back; it is said before, and afterwards. */
export function tellUndone(found: Survey, emit: Emit): void {
  const theirs = changedBy(found);
  if (theirs) say(emit, "warning", `Going back undoes what somebody else has changed since: ${theirs}`);
}

function undone(found: Survey): readonly string[] {
  const theirs = changedBy(found);
  return theirs ? [`this undid what somebody else had changed since: ${theirs}`] : [];
}

/** What the place is told before anything is put back. */
function turning(
  { reason }: RollbackRun,
  { run: { actor } }: Place,
  { found: { record }, aim }: Course,
  brought: readonly string[],
): Returning {
  const { good, current, unfinished } = record;
  const at = new Date().toISOString();
  // The release itself too: another one with the same images is not known to be bad.
  const release = current === null || unfinished ? [] : [releaseKey(current)];
  const said = reason ?? "rolled back by hand";
  // By their names too: what a tag means is not always known beforehand.
  const target = good.find(({ id }) => id === aim.current);
  const named = broughtBeside(leftBehind(record)?.images ?? [], target) ?? [];
  const elsewhere = heldBy(good.filter(({ id }) => id !== current));
  const images = [...new Set([...brought, ...named].map(imageKey))].filter((key) => !elsewhere.has(key));
  const own = [...images, ...release].map((digest) => ({
    ...{ digest, version: leaving(record) ?? "unknown", reason: said, at, by: actor },
  }));
  const before = unfinished?.returning?.rejected ?? [];
  const others = before.filter(({ digest }) => own.every((one) => one.digest !== digest));
  return {
    ...{ to: aim.to, version: aim.version, current: aim.current, reason: said },
    ...{ fault: true, rejected: [...own, ...others] },
  };
}

interface Back {
  readonly found: Survey;
  readonly aim: Pick<Aim, "current" | "digests">;
  readonly status: Status;
}

/** What is left behind is rejected; what was asked for by name, with a reason, is so no longer. Null: that is written down. */
export async function settle(
  run: DeployRun,
  held: Held,
  { memory }: Pick<Driver, "memory">,
  { rejected: candidates }: Returning,
  { found, aim, status }: Back,
): Promise<Reason | null> {
  const now = new Set((status.digests ?? aim.digests).map(imageKey));
  const again = aim.current === null ? "" : releaseKey(aim.current);
  const rejected = candidates.filter(({ digest }) => {
    if (isRelease(digest)) return digest !== again;
    // Where it is not known what runs now, it is not known either what does not.
    return now.size > 0 && !now.has(imageKey(digest));
  });
  const pardoned = found.record.rejected.filter(
    ({ digest }) => digest === again || now.has(imageKey(digest)),
  );
  const unwritten = await forget(run, held, async (signal) => {
    if (pardoned.length > 0)
      await memory.pardon(
        pardoned.map(({ digest }) => digest),
        signal,
      );
    await memory.rolledBack(rejected, aim.current, signal);
  });
  const digests = rejected.map(({ digest }) => digest).filter((digest) => !isRelease(digest));
  if (digests.length > 0 && !unwritten) say(run.emit, "info", `Rejected here: ${digests.join(", ")}`);
  return unwritten;
}

/** What is left behind. */
function leftBehind({ good, current, unfinished }: TargetRecord): Run | GoodRelease | undefined {
  return unfinished ?? good.find(({ id }) => id === current);
}

function leaving(record: TargetRecord): string | null {
  return leftBehind(record)?.version ?? null;
}

/** Which images run before anything is put back, as far as that can be seen. */
async function digestsNow(
  { driver }: Place,
  { good, current, unfinished }: TargetRecord,
): Promise<readonly string[]> {
  const known = unfinished ? [] : (good.find(({ id }) => id === current)?.digests ?? []);
  try {
    const { digests = [] } = await driver.status("applied", AbortSignal.timeout(seeMs));
    return digests.length > 0 ? digests : known;
  } catch {
    return known;
  }
}

const seeMs = 15_000;
