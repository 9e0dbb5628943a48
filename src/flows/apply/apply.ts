import { setMaxListeners } from "node:events";
import type { Verdict } from "../../core/verdict.ts";
import { verdictSentence, withheld } from "../../gate/report/words.ts";
import { answer, type Known } from "./answer.ts";
import { change } from "./change.ts";
import { finishReturn, turnedRound, wayOf } from "./finish.ts";
import type { DeployOutcome } from "./outcome.ts";
import { type DeployRun, takeLock, withName } from "./run.ts";
import { say } from "./say.ts";
import {
  hasMoved,
  inTheWay,
  isThere,
  type Place,
  type Survey,
  survey,
  tellNotices,
  unready,
} from "./survey.ts";

export interface ApplyRun extends DeployRun {
  /** May it be deployed? */
  verdict(): Promise<Admission>;
  /** Finds the place, and what looks at it. @throws SentinelError when there is none */
  open(admission: Admission): Promise<Place>;
}

/** What the gate, or a signed verdict, says of a deploy. */
export interface Admission {
  readonly exitCode: 0 | 1 | 2;
  readonly commit: string | null;
  /** Null where a signed verdict stands for the gate. */
  readonly verdict: Verdict | null;
}

/**
 * Puts a release that the gate lets through on an environment, and leaves it healthy at the new version or healthy at the
 * old one. Run again after whatever has ended it, it goes on from what is there.
 */
export async function apply(run: ApplyRun): Promise<DeployOutcome> {
  setMaxListeners(0, run.interrupt, run.deadline);
  const admission = await run.verdict();
  const known = { verdict: admission.verdict, commit: admission.commit };
  const refused = refusal(run, admission, known);
  if (refused) return refused;
  const place = await run.open(admission);
  try {
    return await deploy(run, place, { ...known, run: place.run.id });
  } finally {
    await place.driver.close();
  }
}

/** What the gate does not let through. */
function refusal(run: ApplyRun, { verdict, exitCode }: Admission, known: Known): DeployOutcome | null {
  if (!verdict) return null;
  if (exitCode !== 0) {
    const reasons = verdict.reasons.map((message) => ({ message }));
    const end = exitCode === 1 ? "blocked" : "critical";
    return answer(run, end, reasons, { ...known, why: verdictSentence(verdict) });
  }
  // A verdict that was asked of a part, or of another time, deploys nothing, whatever is allowed.
  const whole = verdict.leftOut.length === 0 && verdict.at === undefined;
  if (verdict.releasable || (run.allowWarnings && whole)) return null;
  return answer(
    run,
    "withheld",
    [
      { message: withheld(verdict) ?? "the gate warns", remedy: `${run.resume} --allow-warnings` },
      ...verdict.findings
        .filter(({ status }) => status === "warn")
        .map(({ message, remedy }) => ({ message, ...(remedy === undefined ? {} : { remedy }) })),
    ],
    known,
  );
}

/** What there is to do, or how it ended before there was anything to do. */
type Prospect = { readonly found: Survey } | { readonly over: DeployOutcome };

async function deploy(asked: ApplyRun, place: Place, known: Known): Promise<DeployOutcome> {
  const early = AbortSignal.any([asked.interrupt, asked.deadline]);
  const first = await prospect(asked, place, known, early);
  if ("over" in first) return first.over;
  const run = withName(asked, first.found);
  const turned = turnedRound(first.found);
  if (turned) say(run.emit, "warning", `Not ended: a way ${wayOf(turned)}; it comes first`);
  else show(run, first.found);
  const seen = { ...known, survey: first.found };
  if (run.dryRun) return answer(run, "planned", [], seen);

  const taken = await takeLock(run, place, early);
  if (!("held" in taken)) return answer(run, taken.end, taken.reasons, seen);
  const { held } = taken;
  try {
    // What was seen before the lock was ours is only as good as nobody has been there since.
    const anew = held.waited || turned !== null || (await moved(place, first.found, early));
    let second = anew ? await prospect(run, place, known, early) : first;
    if ("over" in second) return second.over;
    if (turnedRound(second.found)) {
      const ended = await finishReturn(run, place, held, second.found, known);
      if (ended) return ended;
      second = await prospect(run, place, known, early);
      if ("over" in second) return second.over;
      // It was put back, and that could not be written down.
      const reasons = [{ message: "that it was put back could not be written down", remedy: run.resume }];
      if (turnedRound(second.found))
        return answer(run, "critical", reasons, { ...known, survey: second.found });
    }
    if (anew) show(run, second.found);
    return await change({ run, place, held, found: second.found, known: { ...known, survey: second.found } });
  } finally {
    await held.release();
  }
}

function show(run: ApplyRun, found: Survey): void {
  run.planned(found);
  tellNotices(found, run.emit);
}

async function prospect(asked: ApplyRun, place: Place, known: Known, early: AbortSignal): Promise<Prospect> {
  let found: Survey;
  try {
    found = await survey(place, early);
  } catch (error) {
    early.throwIfAborted();
    const { end, reasons } = unready(error);
    return { over: answer(asked, end, reasons, known) };
  }
  const run = withName(asked, found);
  const seen = { ...known, survey: found };
  // Until that is over nothing that is seen will stay so.
  if (turnedRound(found)) return { found };
  const obstacle = inTheWay(found, run, run.version);
  if (obstacle) {
    // What is in the way is easier to understand beside what was to be done.
    run.planned(found);
    return { over: answer(run, obstacle.end, obstacle.reasons, seen) };
  }
  if (!isThere(found, run.version) || !(await isHealthy(place, early))) return { found };
  const unwell = await unwellNow(place, early);
  if (unwell) {
    const message = `${run.version} is there already, and not well: ${unwell}`;
    const reasons = [{ message, remedy: `see what is wrong with it, or go back: ${run.undo}` }];
    return { over: answer(run, "critical", reasons, { ...seen, from: run.version, running: run.version }) };
  }
  return { over: answer(run, "already", [], { ...seen, from: run.version, running: run.version }) };
}

/** What the endpoints say of a version that is there already; the golden signals of a deploy are not watched twice. */
async function unwellNow({ looks }: Place, signal: AbortSignal): Promise<string | undefined> {
  for (const one of looks.filter(({ id }) => id.startsWith("verify."))) {
    const { state, message } = await one.look(new Date(), signal);
    if (state !== "ok") return message;
  }
  return undefined;
}

/** What cannot be found out is looked at again. */
function moved({ driver }: Place, { record }: Survey, signal: AbortSignal): Promise<boolean> {
  return driver.memory.read(signal).then(
    (now) => hasMoved(record, now),
    () => true,
  );
}

async function isHealthy({ driver }: Place, signal: AbortSignal): Promise<boolean> {
  try {
    return (await driver.status("applied", signal)).state === "healthy";
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
