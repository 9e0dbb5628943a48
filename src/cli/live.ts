import { styleText } from "node:util";
import type { createLogUpdate } from "log-update";
import type { SentinelEvent } from "../core/event.ts";
import type { Finding } from "../core/finding.ts";
import { duration } from "../core/text.ts";
import { columns, cut, pad, wrap } from "../gate/report/columns.ts";
import { say } from "../gate/report/words.ts";
import { widthOf } from "./terminal.ts";

export interface LiveOptions {
  readonly stream: NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly color: boolean;
  /** From log-update, which the caller loads: runs without a view need not pay for it. */
  readonly createLogUpdate: typeof createLogUpdate;
}

export interface LiveView {
  handle(event: SentinelEvent): void;
  /** Takes the view off the screen for good; may be called again. */
  stop(): void;
}

interface Waiting {
  readonly since: number;
  readonly attempt: number;
}

const redrawMs = 100;
const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";

/** Shows on a terminal what is in flight, for how long, and what already failed; the first time after a tenth of a second. */
export function createLiveView({ stream, now, color, createLogUpdate }: LiveOptions): LiveView {
  const update = createLogUpdate(stream, { showCursor: true });
  const progress = new Progress(now);
  let drawn = false;
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  process.once("exit", stop);

  function draw(): void {
    if (!progress.begun) return;
    if (!drawn) stream.write(hideCursor);
    drawn = true;
    update(progress.frame({ width: widthOf(stream) - 1, height: (stream.rows ?? 24) - 1 }, color).join("\n"));
  }

  function stop(): void {
    clearInterval(timer);
    process.off("exit", stop);
    if (!drawn) return;
    drawn = false;
    update.clear();
    stream.write(showCursor);
  }

  function handle(event: SentinelEvent): void {
    // Written above the view, where it stays.
    if (event.type === "notice" && event.level !== "info")
      update.persist(noted(event.message, widthOf(stream) - 4, color));
    else progress.take(event);
  }

  return { handle, stop };
}

/** How far the run is, and how that looks. */
class Progress {
  readonly #now: () => number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #unhappy: Finding[] = [];
  readonly #finished = new Set<string>();
  #planned = 0;
  #started: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get begun(): boolean {
    return this.#started !== undefined;
  }

  take(event: SentinelEvent): void {
    if (event.type === "run.started") {
      this.#started = this.#now();
      this.#planned = event.checks.length;
    } else if (event.type === "check.started") {
      const since = this.#waiting.get(event.check)?.since ?? this.#now();
      this.#waiting.set(event.check, { since, attempt: event.attempt });
    } else if (event.type === "check.finished") {
      this.#waiting.delete(event.check);
      this.#finished.add(event.check);
      this.#unhappy.push(...event.findings.filter(({ status }) => isUnhappy(status)));
    }
  }

  /** Lines that fit: `width` columns each, `height` in all. */
  frame({ width, height }: { width: number; height: number }, color: boolean): string[] {
    const now = this.#now();
    const waited = now - (this.#started ?? now);
    const turn = spinner[Math.floor(now / redrawMs) % spinner.length] ?? "";
    const room = Math.max(1, height) - 1;
    const names = [...this.#waiting.keys(), ...this.#unhappy.map(({ check }) => check)].map((name) =>
      columns(say(name, 200)),
    );
    const column = Math.min(Math.max(0, ...names), Math.floor(width * 0.4));
    const row = (mark: string, name: string, text: string) =>
      cut(` ${mark} ${pad(cut(say(name, 200), column), column)}  ${text}`, width);
    const worstFirst = [...this.#unhappy].sort(
      (a, b) => Number(a.status === "warn") - Number(b.status === "warn"),
    );
    const failed = worstFirst.map(({ check, status, message }) =>
      paint(
        row(status === "warn" ? "!" : "✖", check, say(message, 500)),
        status === "warn" ? "yellow" : "red",
        color,
      ),
    );
    const pending = [...this.#waiting].map(([check, { since, attempt }]) =>
      row(turn, check, `${duration(tenths(now - since))}${attempt > 1 ? ` · attempt ${attempt}` : ""}`),
    );
    const shown = most(failed, Math.max(room - pending.length, Math.ceil(room / 2)));
    const head = `${this.#finished.size} of ${this.#planned} checks · ${duration(tenths(waited))}`;
    return [
      paint(cut(` ${turn} ${head}`, width), "bold", color),
      ...shown,
      ...most(pending, room - shown.length),
    ];
  }
}

function isUnhappy(status: Finding["status"]): boolean {
  return status === "warn" || status === "fail" || status === "unknown";
}

/** Rounded down, so that a view does not flicker in its last digits. */
function tenths(ms: number): number {
  return Math.floor(ms / 100) * 100;
}

function most(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  if (room < 1) return [];
  return [...lines.slice(0, room - 1), `   … and ${lines.length - room + 1} more`];
}

function noted(message: string, width: number, color: boolean): string {
  const lines = wrap(say(message, 1000), width);
  return lines.map((line, i) => paint(`${i === 0 ? " ! " : "   "}${line}`, "yellow", color)).join("\n");
}

function paint(text: string, style: "bold" | "red" | "yellow", color: boolean): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}
