import { GrafanaFailure } from "../../clients/grafana/failure.ts";
import type { Frame, GrafanaReader, QueryResult } from "../../clients/grafana/types.ts";
import { Aborted } from "../../core/check.ts";
import { monotonicMs } from "../../core/clock.ts";
import { createLimit } from "../../core/limit.ts";
import { count, duration, printable } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import { bare, pointsOf } from "./frames.ts";
import type { Question } from "./questions.ts";

export type PanelState = "ok" | "empty" | "broken" | "not-queried";

export interface Asked {
  readonly state: PanelState;
  /** Why it is not `ok`; empty when it is. */
  readonly reason: string;
  readonly frames: readonly Frame[];
  /** Values in all of them. */
  readonly points: number;
  readonly notes: readonly string[];
}

export interface Bounds {
  readonly concurrency: number;
  /** For all of them together. */
  readonly timeoutMs: number;
  /** Of one answer, and of all. */
  readonly answerBytes: number;
  readonly allBytes: number;
}

/** What we read of one answer, and of a whole dashboard: more is no dashboard that people look at. */
export const usualBounds = { answerBytes: 10_000_000, allBytes: 50_000_000 } as const;

/**
 * Asks for every panel once, so many at a time. A panel that cannot be asked is broken, and the others go on.
 * @throws GrafanaFailure when Grafana does not accept the token, or answers nothing at all; the signal's reason
 */
export async function askAll(
  questions: readonly Question[],
  grafana: GrafanaReader,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<readonly Asked[]> {
  const limit = createLimit(bounds.concurrency);
  const deadlineAt = monotonicMs() + bounds.timeoutMs;
  const stop = new AbortController();
  const inner = AbortSignal.any([signal, stop.signal]);
  const read = { bytes: 0 };
  const failures: GrafanaFailure[] = [];
  let answers = 0;

  const one = async (question: Question): Promise<Asked> => {
    const leftMs = deadlineAt - monotonicMs();
    const late = `no answer before the time for all panels was up (${duration(bounds.timeoutMs)})`;
    if (leftMs <= 0) return broken(late);
    try {
      const asked = await within(leftMs, inner, (during) => query(question, grafana, bounds, read, during));
      answers += 1;
      return asked;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof Aborted) return broken(late);
      if (!(error instanceof GrafanaFailure)) throw error;
      failures.push(error);
      // It would be the same for all of them.
      if (error.kind === "token") stop.abort(error);
      return broken(error.message.replace(/^cannot query the data source: /, ""));
    }
  };
  const asked = await Promise.all(questions.map((question) => limit(() => one(question)))).catch(
    (error: unknown) => {
      throw stop.signal.aborted && !signal.aborted ? stop.signal.reason : error;
    },
  );
  if (stop.signal.aborted) throw stop.signal.reason;
  const [first] = failures;
  if (first && answers === 0 && failures.every(({ kind }) => kind === "down")) throw first;
  return shared(questions, asked);
}

async function query(
  { ask }: Question,
  grafana: GrafanaReader,
  { answerBytes, allBytes }: Bounds,
  read: { bytes: number },
  signal: AbortSignal,
): Promise<Asked> {
  if (ask.kind === "nothing") return { ...nothing, state: ask.state, reason: ask.reason };
  if (ask.kind === "embedded") return judged(ask.frames.map(bare), [], []);
  if (ask.kind === "same-as") return nothing;
  const frames: Frame[] = [];
  const errors: string[] = [];
  const empty: string[] = [];
  for (const request of ask.queries) {
    const left = allBytes - read.bytes;
    if (left <= 0) return broken(`left out: the panels' data is larger than ${megabytes(allBytes)} together`);
    const { results, bytes } = await grafana.query(request, Math.min(answerBytes, left), signal);
    read.bytes += bytes;
    for (const { refId, hide } of request.queries as readonly { refId: string; hide?: boolean }[]) {
      if (hide === true) continue;
      const result: QueryResult = results.get(refId) ?? { frames: [], error: null };
      if (result.error !== null) errors.push(`${printable(refId, 40)}: ${result.error}`);
      else if (result.frames.every((frame) => pointsOf(frame) === 0)) empty.push(printable(refId, 40));
      frames.push(...result.frames.map(bare));
    }
  }
  return judged(frames, errors, empty);
}

function judged(frames: readonly Frame[], errors: readonly string[], empty: readonly string[]): Asked {
  const points = frames.reduce((sum, frame) => sum + pointsOf(frame), 0);
  const given = { frames, points, notes: [] };
  if (errors.length > 0) return { ...given, state: "broken", reason: errors.join("; ") };
  if (points === 0) return { ...given, state: "empty", reason: "no data in the window" };
  const notes =
    empty.length > 0 ? [`no data from ${empty.length === 1 ? "query" : "queries"} ${empty.join(", ")}`] : [];
  return { ...given, state: "ok", reason: "", notes };
}

/** What shows another panel's data gets it, when all is there. */
function shared(questions: readonly Question[], asked: readonly Asked[]): readonly Asked[] {
  return questions.map(({ ask }, i) => {
    const own = asked[i] ?? nothing;
    if (ask.kind !== "same-as") return own;
    const at = questions.findIndex((other) => other.panel.id === ask.panelId && other.ask.kind !== "same-as");
    const other = asked[at];
    return other
      ? { ...other, notes: [] }
      : broken(`panel ${ask.panelId}, whose data it shows, is not there`);
  });
}

const nothing: Asked = { state: "not-queried", reason: "", frames: [], points: 0, notes: [] };

function broken(reason: string): Asked {
  return { ...nothing, state: "broken", reason };
}

function megabytes(bytes: number): string {
  return count(Math.round(bytes / 1e6), "MB", "MB");
}
