import { styleText } from "node:util";
import type { createLogUpdate } from "log-update";
import { duration } from "../core/text.ts";
import type { WatchOutcome } from "../flows/watch/outcome.ts";
import type { WatchSeen } from "../flows/watch/watch.ts";
import { columns, cut, pad, wrap } from "../gate/report/columns.ts";
import { say } from "../gate/report/words.ts";
import type { Series } from "../watch/history.ts";
import type { Criterion } from "../watch/policy.ts";
import { thresholdOf } from "../watch/thresholds.ts";
import type { Evidence, Reading, SignalState } from "../watch/types.ts";
import { percent } from "../watch/words.ts";
import { bar, spark } from "./spark.ts";
import { widthOf } from "./terminal.ts";

export interface WatchViewOptions {
  readonly stream: NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly color: boolean;
  readonly createLogUpdate: typeof createLogUpdate;
  /** `prod v1.4.2, by prometheus`. */
  readonly title: string;
}

export interface WatchView {
  seen(seen: WatchSeen): void;
  /** Stays above the view. */
  note(message: string): void;
  /** Takes the view off the screen, with what was seen last left there; may be called again. */
  stop(): void;
}

type Style = Parameters<typeof styleText>[0];

const marks: Readonly<Record<SignalState, readonly [string, Style]>> = {
  ok: ["✔", "green"],
  breach: ["✖", "red"],
  "no-data": ["?", "yellow"],
  "telemetry-error": ["?", "magenta"],
};
const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const redrawMs = 200;
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";

/** A watch on a terminal: each signal's last minutes beside its threshold, and the evidence on its way to its bound. */
export function createWatchView(options: WatchViewOptions): WatchView {
  const { stream, now, color, createLogUpdate, title } = options;
  const update = createLogUpdate(stream, { showCursor: true });
  let last: { readonly seen: WatchSeen; readonly at: number } | undefined;
  let stopped = false;
  const begun = now();
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  process.once("exit", stop);
  stream.write(hideCursor);
  draw();

  function draw(): void {
    const width = widthOf(stream) - 1;
    const height = Math.max(1, (stream.rows ?? 24) - 1);
    const turn = spinner[Math.floor((now() - begun) / redrawMs) % spinner.length] ?? "";
    const lines = last
      ? frame(last.seen, { width, height, color, turn, title, aheadMs: now() - last.at })
      : [cut(` ${turn} Watching ${title}`, width)];
    update(lines.join("\n"));
  }

  function stop(): void {
    clearInterval(timer);
    process.off("exit", stop);
    if (stopped) return;
    stopped = true;
    update.clear();
    if (last) {
      const drawn = frame(last.seen, {
        width: widthOf(stream) - 1,
        height: Number.POSITIVE_INFINITY,
        color,
        turn: " ",
        title,
        aheadMs: 0,
      });
      stream.write(`${drawn.join("\n")}\n`);
    }
    stream.write(showCursor);
  }

  return {
    seen(seen) {
      last = { seen, at: now() };
      draw();
    },
    note(message) {
      const lines = wrap(say(message, 1000), widthOf(stream) - 4);
      update.persist(
        lines.map((line, i) => paint(`${i === 0 ? " ! " : "   "}${line}`, "yellow", color)).join("\n"),
      );
    },
    stop,
  };
}

interface Framing {
  readonly width: number;
  /** Lines that there is room for. */
  readonly height: number;
  readonly color: boolean;
  readonly turn: string;
  readonly title: string;
  /** Since the look that is shown. */
  readonly aheadMs: number;
}

/** A reading with the criterion that it is of; what was judged elsewhere has none. */
interface Row {
  readonly name: string;
  readonly reading: Reading;
  readonly criterion: Criterion | undefined;
}

/** The view's lines: they fit, and what is worst comes first where not all has room. */
export function frame(seen: WatchSeen, framing: Framing): string[] {
  const { decision, startedAt, endsAt, policy, series } = seen;
  const { width, height, color, turn, title, aheadMs } = framing;
  const whole = endsAt - startedAt;
  const passed = Math.min(whole, Math.max(0, decision.at + aheadMs - startedAt));
  const head = ` ${turn} Watching ${title} · ${clock(passed)} of ${duration(whole)}`;
  const rows = decision.readings.map((reading, i): Row => {
    const criterion = policy.criteria[i];
    return { name: say(criterion?.id ?? reading.signal, 200), reading, criterion };
  });
  const { evidence } = decision;
  const names = [...rows.map(({ name }) => name), ...evidence.map(({ metric }) => say(metric, 200))];
  const column = Math.min(Math.max(0, ...names.map(columns)), Math.floor(width * 0.3));
  const sizes = { column, history: Math.max(8, Math.min(40, width - column - 48)), width, color };
  const canary =
    evidence.length === 0
      ? []
      : [
          paint(cut("   canary", width), "bold", color),
          ...evidence.flatMap((one) => evidenceLines(one, sizes)),
        ];
  const room = height - 1 - canary.length;
  const isCrowded = rows.length * 2 > room;
  const inOrder = isCrowded
    ? rows.toSorted((a, b) => weights[b.reading.state] - weights[a.reading.state])
    : rows;
  const signals = inOrder.flatMap((row) => {
    const lines = readingLines(series, row, sizes);
    return isCrowded && row.reading.state === "ok" ? lines.slice(0, 1) : lines;
  });
  return [paint(cut(head, width), "bold", color), ...most([...signals, ...canary], height - 1, width)];
}

const weights: Readonly<Record<SignalState, number>> = {
  breach: 3,
  "telemetry-error": 2,
  "no-data": 1,
  ok: 0,
};

function most(lines: readonly string[], room: number, width: number): readonly string[] {
  if (lines.length <= room) return lines;
  if (room < 1) return [];
  return [...lines.slice(0, room - 1), cut(`   … and ${lines.length - room + 1} more lines`, width)];
}

interface Sizes {
  readonly column: number;
  readonly width: number;
  readonly color: boolean;
}

function readingLines(
  series: readonly Series[],
  { name, reading, criterion }: Row,
  { column, history, width, color }: Sizes & { readonly history: number },
): string[] {
  const { signal, state, message, excused } = reading;
  const [mark, style] = excused === undefined ? marks[state] : (["!", "yellow"] as const);
  const own = series.find(({ query }) => query.id === signal && query.arm !== "baseline");
  const threshold = criterion ? thresholdOf(criterion) : null;
  const values = own?.points.map(({ value }) => value) ?? [];
  const newest = values.at(-1);
  const number = newest === null || newest === undefined ? "–" : percent(newest);
  const limit = threshold ? ` of ${threshold.label}` : "";
  const drawn = spark(values, history, threshold?.value ?? null);
  const why = `${say(message, 500)}${excused === undefined ? "" : ` [${say(excused, 300)}]`}`;
  return [
    paint(cut(` ${mark} ${pad(cut(name, column), column)} ${drawn} ${number}${limit}`, width), style, color),
    paint(cut(`   ${why}`, width), state === "ok" ? "dim" : style, color),
  ];
}

function evidenceLines(
  { metric, lnAbort, lnPromote, bound, message, outcome }: Evidence,
  { column, width, color }: Sizes,
): string[] {
  const style: Style = outcome === "abort" ? "red" : outcome === "promote" ? "green" : "cyan";
  const room = Math.max(6, Math.min(20, Math.floor((width - column - 34) / 2)));
  const side = (word: string, ln: number) =>
    `${word} ${bar(ln / bound, room)} ${String(Math.round(Math.max(0, Math.min(1, ln / bound)) * 100)).padStart(3)} %`;
  const bars = `   ${pad(cut(say(metric, 200), column), column)} ${side("abort", lnAbort)}  ${side("promote", lnPromote)}`;
  return [paint(cut(bars, width), style, color), paint(cut(`   ${say(message, 500)}`, width), "dim", color)];
}

/** `4:12`. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** How it ended, for people at a terminal. */
export function endLines({ exitCode, message, reasons, resume }: WatchOutcome, color: boolean): string[] {
  const style: Style = exitCode === 0 ? "green" : exitCode === 1 ? "red" : "magenta";
  const lines = [` ${paint(exitCode === 0 ? "✔" : "✖", style, color)} ${paint(say(message), "bold", color)}`];
  for (const remedy of new Set(reasons.flatMap((reason) => reason.remedy ?? [])))
    lines.push(`   → ${say(remedy)}`);
  if (resume !== null) lines.push(`   To go on: ${say(resume)}`);
  return lines;
}

function paint(text: string, style: Style, color: boolean): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}
