import { setMaxListeners } from "node:events";
import { Aborted } from "../../core/check.ts";
import { count } from "../../core/text.ts";
import { createHistory, type History, type Series, type Trail } from "../../watch/history.ts";
import type { WatchPolicy } from "../../watch/policy.ts";
import { type Receipt, type ReceiptOf, receiptOf } from "../../watch/receipt.ts";
import { rangeNeeded, type WatchLook, type WatchState } from "../../watch/state.ts";
import { begin, step } from "../../watch/step.ts";
import { historyMs, lastMinute, minuteMs } from "../../watch/time.ts";
import type { Decision, Reading, SignalQuery, Source, SourceProof, TimeRange } from "../../watch/types.ts";
import type { WatchClock } from "./clock.ts";
import { endOf, exitCodeOf, sentence, type WatchEnd, type WatchOutcome } from "./outcome.ts";

export interface WatchRun extends ReceiptOf {
  readonly queries: readonly SignalQuery[];
  readonly from: Source;
  /** What an earlier process has saved; null: this is the beginning. */
  readonly saved: SavedWatch | null;
  /** How it was just before the deploy, for sources that remember nothing. */
  readonly before?: WatchLook | undefined;
  /** The command that goes on from where this run ends, ready to type. */
  readonly resume: string | null;
  readonly clock: WatchClock;
  readonly signal: AbortSignal;
  /** Keeps what a later process goes on from; called after every look. */
  save(saved: SavedWatch): void;
  /** Keeps what a decision was made of; called when something has changed, and at the end. */
  record(receipt: Receipt): Promise<void>;
  /** Somebody must be told, once for each change. */
  alarm(alarm: Alarm): Promise<void>;
  seen(seen: WatchSeen): void;
  proven(proof: SourceProof): void;
}

/** Plain JSON. */
export interface SavedWatch {
  readonly state: WatchState;
  readonly looks: number;
  /** What was last said of each reading: what is different now is told. */
  readonly told: Readonly<Record<string, string>>;
  readonly trouble: Trouble | null;
  /** Of the decision that ended it. */
  readonly receipt: Receipt | null;
}

/** Numbers are missing. */
interface Trouble {
  readonly kind: "no-data" | "telemetry-error";
  readonly since: number;
  /** Whether somebody was called for it. */
  readonly alarmed: boolean;
}

export interface Alarm {
  readonly end: WatchEnd;
  readonly message: string;
  readonly reasons: readonly string[];
}

/** One look, for people to see. */
export interface WatchSeen {
  readonly decision: Decision;
  readonly looks: number;
  readonly startedAt: number;
  /** When it is over if nothing stands in the way then. */
  readonly endsAt: number;
  /** Of signals that are in another state than at the look before. */
  readonly changes: readonly Reading[];
  readonly series: readonly Series[];
  readonly trails: readonly Trail[];
  readonly policy: WatchPolicy;
}

/** Sources have a minute when it has been over for a while. */
export const settledMs = 16_000;

/**
 * Looks, decides, saves, waits, until the watch is over. Run again, it goes on from what was saved.
 * @throws what the source throws when the signal ends it for another reason than an interrupt
 */
export async function watch(run: WatchRun): Promise<WatchOutcome> {
  setMaxListeners(0, run.signal);
  const startedAt = run.clock.now();
  const end = (how: WatchEnd, why: string, at: Partial<Ended> = {}) => ended(run, startedAt, how, why, at);
  let saved: (SavedWatch & { readonly decision?: Decision }) | null = run.saved;
  try {
    const before = saved?.state.decision;
    if (saved && before) return end(endOf(before), `${before.message} (${answeredBefore(before)})`, saved);
    const wrong = await prove(run);
    if (wrong.length > 0) return await refused(run, end, wrong);
    const history = createHistory(run.deployedAt);
    for (;;) {
      const looked = await look(run, saved, history);
      saved = looked;
      const { decision } = looked;
      if (decision.final) return await over(run, end, looked);
      await run.clock.wait(untilNext(run, looked.state), run.signal);
    }
  } catch (error) {
    const { reason } = run.signal;
    if (!run.signal.aborted || !(reason instanceof Aborted) || reason.cause !== "interrupt") throw error;
    const soFar = saved ? `${count(saved.looks, "look")} so far` : "before the first look";
    return end("interrupted", `${reason.message}, ${soFar}`, { ...saved, resume: run.resume });
  }
}

type End = (how: WatchEnd, why: string, at?: Partial<Ended>) => WatchOutcome;

function answeredBefore({ at }: Decision): string {
  return `answered at ${new Date(at).toISOString()}; to watch it anew: --fresh`;
}

async function refused(run: WatchRun, end: End, wrong: readonly SourceProof[]): Promise<WatchOutcome> {
  const reasons = wrong.map(({ message }) => message);
  const outcome = end("blocked", reasons.join("; "), { wrong });
  await run.alarm({ end: "blocked", message: outcome.message, reasons });
  return outcome;
}

async function over(
  run: WatchRun,
  end: End,
  { decision, trouble, ...looked }: Looked,
): Promise<WatchOutcome> {
  const how = endOf(decision);
  const outcome = end(how, decision.message, { ...looked, decision });
  const known = trouble?.alarmed && trouble.kind === how;
  if (outcome.exitCode !== 0 && !known)
    await run.alarm({ end: how, message: outcome.message, reasons: decision.reasons });
  return outcome;
}

/** What led up to the deploy is enough to see whether a query finds anything. */
const provenMs = 10 * minuteMs;

/** What is wrong with the queries; what could not be found out yet is left to the watch itself, which has a budget for it. */
async function prove(run: WatchRun): Promise<readonly SourceProof[]> {
  const { saved, deployedAt } = run;
  const range = {
    from: lastMinute(deployedAt) - provenMs,
    to: lastMinute(endsAt(run, saved?.state ?? { startedAt: deployedAt })),
  };
  const proofs = await run.from.prove(run.queries, run.signal, range);
  for (const proof of proofs) if (proof.state !== "conflict") run.proven(proof);
  return proofs.filter(({ state }) => state === "conflict");
}

interface Looked extends SavedWatch {
  readonly decision: Decision;
}

async function look(run: WatchRun, before: SavedWatch | null, history: History): Promise<Looked> {
  const { policy, queries } = run;
  const state = before?.state ?? beginning(run);
  const at = momentOf(run, state, before === null);
  const range = rangeOf(run, state, at, before !== null && history.series().length === 0);
  const answers: WatchLook["answers"] = await Promise.all(
    queries.map(async (query) => ({ query, answer: await run.from.read(query, range, run.signal) })),
  );
  run.signal.throwIfAborted();
  const stepped = step(policy, state, { at, answers });
  const { decision } = stepped;
  history.add(queries, answers);
  history.weigh(decision);
  const looks = (before?.looks ?? 0) + 1;
  const told = toldOf(decision);
  const changes = decision.readings.filter(
    (reading) => told[nameOf(reading)] !== before?.told[nameOf(reading)],
  );
  const isNews = changes.length > 0 || decision.final || !before;
  const receipt = isNews ? receiptOf(run, queries, answers, decision, history.exact()) : null;
  const trouble = troubleOf(decision, before?.trouble ?? null);
  const due =
    trouble !== null &&
    !trouble.alarmed &&
    at - trouble.since >= budgetOf(policy, trouble) &&
    !decision.final;
  const looked: SavedWatch = {
    state: stepped.state,
    looks,
    told,
    trouble: due ? { ...trouble, alarmed: true } : trouble,
    receipt: decision.final ? receipt : null,
  };
  // Whatever goes wrong after this, nothing is looked at twice.
  run.save(looked);
  run.seen({
    decision,
    looks,
    startedAt: state.startedAt,
    endsAt: endsAt(run, state),
    changes,
    series: history.series(),
    trails: history.trails(),
    policy,
  });
  if (receipt) await run.record(receipt);
  if (due) await run.alarm(alarmOf(run, trouble.kind, decision));
  return { ...looked, decision };
}

/** What the policy needs; a process that goes on with a watch asks once for all that the one before it has seen. */
function rangeOf(
  { policy, deployedAt }: WatchRun,
  state: WatchState,
  at: number,
  isAgain: boolean,
): TimeRange {
  const needed = rangeNeeded(policy, state, at);
  return isAgain ? { ...needed, from: Math.min(needed.from, lastMinute(deployedAt) - historyMs) } : needed;
}

/** A watch of a deploy in the past begins there. */
function beginning({ policy, deployedAt, version, before, clock }: WatchRun): WatchState {
  const now = Math.min(deployedAt, clock.now());
  return begin(policy, { deployedAt, now, version, ...(before === undefined ? {} : { before }) });
}

function nameOf({ signal, criterion }: Reading): string {
  return `${signal} ${criterion}`;
}

/** States, without the numbers that change all the time. */
function toldOf({ readings }: Decision): Record<string, string> {
  return Object.fromEntries(
    readings.map((reading) => [
      nameOf(reading),
      `${reading.state}${reading.excused === undefined ? "" : " excused"}`,
    ]),
  );
}

/** Since when numbers are missing, and whether it was said. */
function troubleOf({ at, readings }: Decision, before: Trouble | null): Trouble | null {
  const states = readings.map(({ state }) => state);
  const kind = states.includes("telemetry-error")
    ? "telemetry-error"
    : states.includes("no-data")
      ? "no-data"
      : null;
  if (kind === null) return null;
  return before?.kind === kind ? before : { kind, since: at, alarmed: false };
}

function budgetOf({ budgets }: WatchPolicy, { kind }: Trouble): number {
  return kind === "no-data" ? budgets.noDataMs : budgets.telemetryMs;
}

function alarmOf({ environment }: WatchRun, kind: Trouble["kind"], { readings }: Decision): Alarm {
  const reasons = readings.filter(({ state }) => state === kind).map(({ message }) => message);
  return { end: kind, message: sentence(kind, environment, reasons.join("; ")), reasons };
}

/** The moment that is looked at: now; after a long sleep, and for a deploy in the past, one step after the other. */
function momentOf(run: WatchRun, state: WatchState, isFirst: boolean): number {
  const now = Math.max(run.clock.now(), state.at);
  const stepMs = stepOf(run);
  const last = isFirst ? Math.max(state.at, run.deployedAt) : state.at;
  const end = endsAt(run, state);
  const next = now - last >= 2 * stepMs ? last + stepMs : now;
  return last < end ? Math.min(next, end) : next;
}

function stepOf({ policy }: WatchRun): number {
  return Math.max(policy.everyMs, minuteMs);
}

function endsAt({ policy }: WatchRun, { startedAt }: Pick<WatchState, "startedAt">): number {
  return startedAt + (policy.judge?.maxMs ?? policy.forMs);
}

/** Until the sources have another minute, or the watch is over; nothing while there is something to catch up with. */
function untilNext(run: WatchRun, state: WatchState): number {
  const now = run.clock.now();
  const { at } = state;
  if (now - at >= 2 * stepOf(run)) return 0;
  const { everyMs } = run.policy;
  const next =
    everyMs % minuteMs === 0
      ? Math.floor((at - settledMs) / minuteMs) * minuteMs + everyMs + settledMs
      : at + everyMs;
  const end = endsAt(run, state);
  return Math.max((end > now ? Math.min(next, end) : next) - now, 0);
}

interface Ended extends SavedWatch {
  readonly decision: Decision;
  readonly wrong: readonly SourceProof[];
  readonly resume: string | null;
}

function ended(
  run: WatchRun,
  startedAt: number,
  outcome: WatchEnd,
  why: string,
  { state, looks = 0, receipt = null, wrong = [], resume = null, ...rest }: Partial<Ended>,
): WatchOutcome {
  const { environment, version, commit, source, policy, deployedAt, clock } = run;
  const decision = rest.decision ?? state?.decision ?? null;
  const exitCode = exitCodeOf(outcome, run.signal.reason);
  const said = exitCode === 0 ? [] : (decision?.reasons ?? []);
  return {
    schema: "release-sentinel/watch/v1",
    outcome,
    exitCode,
    action: decision?.action ?? "hold",
    message: sentence(outcome, environment, why),
    reasons: [
      ...wrong.map(({ message, remedy }) => ({ message, ...(remedy === undefined ? {} : { remedy }) })),
      ...said.map((message) => ({ message })),
    ],
    environment,
    version,
    commit,
    source,
    policyDigest: policy.digest,
    deployedAt: new Date(deployedAt).toISOString(),
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(clock.now()).toISOString(),
    looks,
    readings: decision?.readings ?? [],
    evidence: decision?.evidence ?? [],
    receipt,
    resume,
  };
}
