import type { WatchLook } from "../state.ts";
import type { Answer, CountBucket, LevelBucket, SignalQuery, TimeRange } from "../types.ts";

/** A past deploy, or a stretch in which nothing was deployed, with all that is known of its signals. */
export interface Stretch {
  /** What it is called in the answer: `v1.4.2 at 2026-11-20T14:03:20Z`. */
  readonly id: string;
  /** Milliseconds since 1970; of a stretch without a deploy, where one is imagined. */
  readonly deployedAt: number;
  /** The end of what is known. */
  readonly until: number;
  readonly signals: readonly Recorded[];
  /** What is known by now: whether it had to be rolled back. */
  readonly truth: "good" | "bad" | "unknown";
}

export type RecordedQuery = Readonly<Pick<SignalQuery, "id" | "kind" | "arm" | "thresholdSeconds">>;

/** One signal, over all the time that was recorded. */
export interface Recorded {
  readonly query: RecordedQuery;
  readonly answer: Answer;
}

/** What was recorded look by look, put together; what a later look says of a minute counts. */
export function recordedOf(
  looks: readonly {
    readonly answers: readonly { readonly query: RecordedQuery; readonly answer: Answer }[];
  }[],
): readonly Recorded[] {
  const all = new Map<string, { query: RecordedQuery; answers: Answer[] }>();
  for (const { query, answer } of looks.flatMap(({ answers }) => answers)) {
    const key = `${query.arm} ${query.id}`;
    const known = all.get(key);
    if (known) known.answers.push(answer);
    else all.set(key, { query, answers: [answer] });
  }
  return [...all.values()].map(({ query, answers }) => ({ query, answer: together(answers) }));
}

type Buckets = Extract<Answer, { buckets: unknown }>;

function together(answers: readonly Answer[]): Answer {
  const some = answers.filter((answer): answer is Buckets => "buckets" in answer);
  const first = some[0];
  if (first === undefined)
    return answers.at(-1) ?? { state: "no-data", why: "nothing was recorded", sent: [], tookMs: 0 };
  const range = {
    from: Math.min(...some.map((answer) => answer.range.from)),
    to: Math.max(...some.map((answer) => answer.range.to)),
  };
  const { sent, tookMs } = first;
  const buckets = new Map<number, CountBucket | LevelBucket>();
  for (const answer of some)
    if (answer.state === first.state) for (const bucket of answer.buckets) buckets.set(bucket.start, bucket);
  const sorted = [...buckets.values()].toSorted((a, b) => a.start - b.start);
  return first.state === "counts"
    ? { state: "counts", range, buckets: sorted as CountBucket[], sent, tookMs }
    : { state: "levels", range, buckets: sorted as LevelBucket[], sent, tookMs };
}

/** What a source would have said at that moment, asked for that range. */
export function lookAt(
  signals: readonly Recorded[],
  thresholds: ReadonlyMap<string, number>,
  at: number,
  range: TimeRange,
): WatchLook {
  return { at, answers: signals.map(({ query, answer }) => ({ query, answer: cut(query, answer) })) };

  function cut(query: RecordedQuery, answer: Answer): Answer {
    if (!("buckets" in answer)) return answer;
    const wanted = thresholds.get(query.id);
    if (wanted !== undefined && query.thresholdSeconds !== undefined && wanted !== query.thresholdSeconds)
      return {
        state: "telemetry-error",
        why: `it was recorded with a threshold of ${query.thresholdSeconds} s, not ${wanted} s`,
        sent: [],
        tookMs: 0,
      };
    const within = ({ start }: { readonly start: number }) => start >= range.from && start < range.to;
    return answer.state === "counts"
      ? { ...answer, range, buckets: answer.buckets.filter(within) }
      : { ...answer, range, buckets: answer.buckets.filter(within) };
  }
}
