import { PrometheusFailure } from "../../../clients/prometheus/failure.ts";
import type { Prometheus, Sample, SeriesAnswer, Span } from "../../../clients/prometheus/types.ts";
import { monotonicMs } from "../../../core/clock.ts";
import { minuteMs } from "./minutes.ts";

/** What one signal asks: expressions that each give one number a minute. */
interface Question {
  readonly expressions: readonly string[];
  readonly span: Span;
  readonly signal: AbortSignal;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

export interface Reply {
  /** For each expression; undefined where it gave nothing at all. */
  readonly samples: readonly (readonly Sample[] | undefined)[];
  readonly tookMs: number;
}

export type AskMinutes = (expressions: readonly string[], span: Span, signal: AbortSignal) => Promise<Reply>;

/** Which question of a request a series answers. */
const mark = "release_sentinel";
/** More in one request is refused by some. */
const usualBytes = 200_000;

/**
 * Asks many questions with few requests: what is asked in one turn is spread over as many requests as may be in flight, so
 * that none waits for another. One that the server refuses is found by halving, and is asked alone from then on.
 */
export function createBatches(prometheus: Prometheus): AskMinutes {
  let waiting: Question[] = [];
  let mostBytes = usualBytes;
  const alone = new Set<string>();

  function flush(): void {
    const asked = waiting;
    waiting = [];
    const groups = Map.groupBy(asked, ({ span }) => `${span.start} ${span.end}`);
    for (const group of groups.values()) {
      for (const sameSignal of Map.groupBy(group, ({ signal }) => signal).values()) {
        for (const together of divide(sameSignal)) void answer(together);
      }
    }
  }

  function divide(questions: readonly Question[]): Question[][] {
    const isAlone = ({ expressions }: Question) => alone.size > 0 && alone.has(expressions.join());
    const shared = questions.filter((question) => !isAlone(question));
    const share = Math.ceil(shared.length / prometheus.concurrency);
    const requests: Question[][] = questions.filter(isAlone).map((question) => [question]);
    let bytes = Number.POSITIVE_INFINITY;
    for (const question of shared) {
      const size = question.expressions.reduce((sum, one) => sum + one.length + 60, 0);
      const last = requests.at(-1);
      if (last && last.length < share && bytes + size <= mostBytes) {
        last.push(question);
        bytes += size;
      } else {
        requests.push([question]);
        bytes = size;
      }
    }
    return requests;
  }

  async function answer(questions: readonly Question[]): Promise<void> {
    const [first] = questions;
    if (!first) return;
    const started = monotonicMs();
    const text = together(questions);
    try {
      const found = await prometheus.range(text, first.span, minuteMs, first.signal);
      const partial = found.warnings[0];
      if (partial !== undefined) throw inPart(partial);
      const tookMs = monotonicMs() - started;
      for (const [i, question] of questions.entries())
        question.resolve({ samples: own(found, i, question), tookMs });
    } catch (error) {
      if (!isOurs(error)) return questions.forEach(({ reject }) => void reject(error));
      if (questions.length === 1) {
        alone.add(first.expressions.join());
        return first.reject(error);
      }
      if (/too (long|large|big)/i.test((error as Error).message)) mostBytes = Math.max(2000, text.length / 2);
      const half = Math.ceil(questions.length / 2);
      await Promise.all([answer(questions.slice(0, half)), answer(questions.slice(half))]);
    }
  }

  return (expressions, span, signal) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ expressions, span, signal, resolve, reject });
    });
}

function together(questions: readonly Question[]): string {
  const marked = questions.flatMap(({ expressions }, i) =>
    expressions.map((one, j) => `label_replace(${one}, "${mark}", "${i}.${j}", "", "")`),
  );
  return either(marked);
}

/** By halves: a chain of so many would be gone through from its beginning for each of them. */
function either(all: readonly string[]): string {
  if (all.length < 3) return all.join(" or ");
  const half = Math.ceil(all.length / 2);
  return `(${either(all.slice(0, half))}) or (${either(all.slice(half))})`;
}

function own({ series }: SeriesAnswer, i: number, { expressions }: Question): Reply["samples"] {
  return expressions.map((_, j) => series.find(({ labels }) => labels[mark] === `${i}.${j}`)?.samples);
}

/** What one question may have brought on all the others in its request. */
function isOurs(error: unknown): boolean {
  if (!(error instanceof PrometheusFailure)) return false;
  return error.reason === "query" || error.reason === "too-large" || /PromQL/.test(error.message);
}

function inPart(warning: string): PrometheusFailure {
  return new PrometheusFailure("unavailable", `it warns that the answer is not the whole truth: ${warning}`);
}
