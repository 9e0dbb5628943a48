import { count } from "../core/text.ts";
import type { Evaluation } from "./criteria/evaluate.ts";
import { nowMs } from "./criteria/rule.ts";
import type { Judgement } from "./judge/judge.ts";
import type { WatchPolicy } from "./policy.ts";
import type { WatchState } from "./state.ts";
import { minuteMs } from "./time.ts";
import type { Decision, Reading } from "./types.ts";
import { passed, span } from "./words.ts";

/** What stands in the way of success. `hopeless`: no later look can take it away. */
interface Obstacle {
  readonly message: string;
  readonly hopeless: boolean;
  /** Until when the watch waits for it to go, if that is later than planned. */
  readonly until: number;
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
  const length = policy.judge?.maxMs ?? policy.forMs;
  const end = state.startedAt + length;
  const found = obstacles(policy, { at, end }, evaluations, also, judgement);
  const reasons = found.map(({ message }) => message);
  const earliest = policy.judge === null ? length : Math.min(policy.judge.minMs, length);
  if (found.length === 0 && elapsed >= earliest)
    return make(
      "promote",
      true,
      [],
      `${count(readings.length, "criterion", "criteria")} held for ${passed(elapsed)}${judgement ? ", and the canary is no worse than its baseline" : ""}`,
    );
  const hopeless = found.some((one) => one.hopeless);
  const latest = Math.max(end, ...(hopeless ? [] : found.map(({ until }) => until)));
  if (at >= latest)
    return make("hold", true, reasons, `not known to be well after ${passed(elapsed)}: ${reasons[0]}`);
  const so = reasons[0] ?? "all is well so far";
  const far =
    elapsed < length
      ? `${passed(elapsed)} of ${span(length)}`
      : `${passed(elapsed)}, ${span(length)} were planned, waiting up to ${passed(latest - state.startedAt)}`;
  return make("hold", false, reasons, `${far}: ${so}`);
}

function obstacles(
  policy: WatchPolicy,
  { at, end }: { readonly at: number; readonly end: number },
  evaluations: readonly Evaluation[],
  also: readonly Reading[],
  judgement: Judgement | null,
): readonly Obstacle[] {
  const { noDataMs, telemetryMs } = policy.budgets;
  const found: Obstacle[] = [];
  if (evaluations.length === 0 && judgement === null)
    found.push({ message: "nothing is watched", hopeless: true, until: end });
  if (judgement?.evidence.length === 0)
    found.push({ message: "the judge has no metric to compare", hopeless: true, until: end });
  for (const { criterion, reading, state, pending } of evaluations) {
    const message = named(reading);
    if (reading.state === "telemetry-error")
      found.push({ message, hopeless: false, until: (state.telemetrySince ?? at) + telemetryMs });
    else if (reading.state === "no-data") found.push({ message, hopeless: false, until: end + noDataMs });
    else if (reading.state === "breach" || pending)
      found.push({ message, hopeless: false, until: end + nowMs(criterion) });
    const unknownMs = state.unknown * minuteMs;
    if (unknownMs > noDataMs) {
      const missing = `${criterion.id}: nothing is known of ${span(unknownMs)}, more than the ${span(noDataMs)} that may be missing`;
      found.push({ message: missing, hopeless: true, until: end });
    }
  }
  for (const reading of also)
    if (reading.state !== "ok") found.push({ message: named(reading), hopeless: false, until: end });
  if (judgement !== null && judgement.outcome !== "promote")
    for (const { metric, message, outcome } of judgement.evidence)
      if (outcome !== "promote")
        found.push({ message: `${metric}: ${message}`, hopeless: at >= end, until: end });
  return found;
}

function named(reading: Reading): string {
  const why = reading.excused === undefined ? "" : ` (not this deploy's fault: ${reading.excused})`;
  return `${reading.signal}: ${reading.message}${why}`;
}
