import { count } from "../core/text.ts";
import type { Evaluation } from "./criteria/evaluate.ts";
import { nowMs } from "./criteria/rule.ts";
import type { Judgement } from "./judge/judge.ts";
import type { WatchPolicy } from "./policy.ts";
import type { WatchState } from "./state.ts";
import { minuteMs } from "./time.ts";
import type { Decision, Reading } from "./types.ts";
import { span } from "./words.ts";

/** What stands in the way of success. `hopeless`: no later look can take it away. */
interface Obstacle {
  readonly message: string;
  readonly hopeless: boolean;
  /** How much longer than planned the watch waits for it to go. */
  readonly graceMs: number;
}

/**
 * Roll back for what is known to be bad and is the deploy's; promote when everything is known to be well; hold for the
 * rest. A watch that ends on hold was no success: what is not known is never that.
 */
export function decide(
  policy: WatchPolicy,
  state: Pick<WatchState, "startedAt">,
  at: number,
  evaluations: readonly Evaluation[],
  also: readonly Reading[],
  judgement: Judgement | null,
): Decision {
  const readings = [...evaluations.map(({ reading }) => reading), ...also];
  const evidence = judgement?.evidence ?? [];
  const make = (action: Decision["action"], final: boolean, reasons: readonly string[], message: string) => ({
    at,
    action,
    final,
    message,
    reasons,
    readings,
    evidence,
  });

  const worse = [
    ...readings.filter((reading) => reading.state === "breach" && reading.excused === undefined).map(named),
    ...evidence.filter(({ outcome }) => outcome === "abort").map((e) => `${e.metric}: ${e.message}`),
  ];
  if (worse.length > 0) return make("rollback", true, worse, worse[0] ?? "");

  const elapsed = Math.max(0, at - state.startedAt);
  const found = obstacles(policy, elapsed, evaluations, also, judgement);
  const reasons = found.map(({ message }) => message);
  const end = policy.judge?.maxMs ?? policy.forMs;
  const earliest = policy.judge === null ? end : Math.min(policy.judge.minMs, end);
  if (found.length === 0 && elapsed >= earliest)
    return make(
      "promote",
      true,
      [],
      `${count(readings.length, "criterion", "criteria")} held for ${passed(elapsed)}${judgement ? ", and the canary is no worse than its baseline" : ""}`,
    );
  const hopeless = found.some((one) => one.hopeless);
  const latest = end + (hopeless ? 0 : Math.max(0, ...found.map(({ graceMs }) => graceMs)));
  if (elapsed >= latest)
    return make("hold", true, reasons, `not known to be well after ${passed(elapsed)}: ${reasons[0]}`);
  const so = reasons[0] ?? "all is well so far";
  return make("hold", false, reasons, `${passed(elapsed)} of ${span(end)}: ${so}`);
}

function obstacles(
  policy: WatchPolicy,
  elapsed: number,
  evaluations: readonly Evaluation[],
  also: readonly Reading[],
  judgement: Judgement | null,
): readonly Obstacle[] {
  const { noDataMs, telemetryMs } = policy.budgets;
  const found: Obstacle[] = [];
  if (evaluations.length === 0 && judgement === null)
    found.push({ message: "nothing is watched", hopeless: true, graceMs: 0 });
  for (const { criterion, reading, state, pending } of evaluations) {
    const unknownMs = state.unknown * minuteMs;
    if (reading.state === "breach") found.push(waiting(reading, nowMs(criterion)));
    else if (reading.state === "telemetry-error") found.push(waiting(reading, telemetryMs));
    else if (reading.state === "no-data") found.push(waiting(reading, noDataMs));
    else if (pending) found.push(waiting(reading, nowMs(criterion)));
    if (unknownMs > noDataMs) {
      const message = `${criterion.id}: nothing is known of ${span(unknownMs)}, more than the ${span(noDataMs)} that may be missing`;
      found.push({ message, hopeless: true, graceMs: 0 });
    }
  }
  for (const reading of also)
    if (reading.state !== "ok") found.push({ ...waiting(reading, 0), hopeless: false });
  if (judgement !== null && policy.judge !== null && judgement.outcome !== "promote") {
    const open = judgement.evidence.filter(({ outcome }) => outcome !== "promote");
    const hopeless = elapsed >= policy.judge.maxMs;
    for (const e of open) found.push({ message: `${e.metric}: ${e.message}`, hopeless, graceMs: 0 });
  }
  return found;
}

function waiting(reading: Reading, graceMs: number): Obstacle {
  return { message: named(reading), hopeless: false, graceMs };
}

function named(reading: Reading): string {
  const why = reading.excused === undefined ? "" : ` (not this deploy's fault: ${reading.excused})`;
  return `${reading.signal}: ${reading.message}${why}`;
}

function passed(ms: number): string {
  return span(Math.floor(ms / minuteMs) * minuteMs);
}
