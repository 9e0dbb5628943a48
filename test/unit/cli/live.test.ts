import { PassThrough } from "node:stream";
import { createLogUpdate } from "log-update";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLiveView, type LiveView } from "../../../src/cli/live.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { finding, safe } from "../gate/report/verdicts.ts";

/** A terminal that understands what log-update says to it, and stops the test at anything else. */
class Screen extends PassThrough {
  readonly isTTY = true;
  readonly lines: string[] = [""];
  cursorShown = true;
  writes = 0;
  tallest = 0;
  columns: number;
  rows: number;
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  override write(chunk: string): boolean {
    this.writes += 1;
    for (const [token] of chunk.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[^\u001b]/gu)) this.#take(token);
    this.tallest = Math.max(this.tallest, this.lines.length);
    return true;
  }

  get text(): string {
    return this.lines.join("\n").trimEnd();
  }

  #take(token: string): void {
    const [, number = "", letter = ""] = /^\u001b\[(\??[\d;]*)([A-Za-z])$/.exec(token) ?? [];
    const n = Number(number || "1");
    if (letter === "") this.#print(token);
    else if (letter === "A") this.#row = Math.max(0, this.#row - n);
    else if (letter === "B") this.#row = Math.min(this.lines.length - 1, this.#row + n);
    else if (letter === "G") this.#column = n - 1;
    else if (letter === "K" && number === "2") this.lines[this.#row] = "";
    else if (letter === "K") this.lines[this.#row] = (this.lines[this.#row] ?? "").slice(0, this.#column);
    else if (number === "?25") this.cursorShown = letter === "h";
    else if (letter !== "m" && number !== "?2026")
      throw new Error(`not understood: ${JSON.stringify(token)}`);
  }

  #print(char: string): void {
    if (char === "\n") {
      this.#row += 1;
      this.#column = 0;
      if (this.#row === this.lines.length) this.lines.push("");
      return;
    }
    const line = (this.lines[this.#row] ?? "").padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + char + line.slice(this.#column + 1);
    this.#column += 1;
  }
}

let view: LiveView | undefined;

function open(screen: Screen, color = false): LiveView {
  view = createLiveView({ stream: screen, now: () => performance.now(), color, createLogUpdate });
  return view;
}

function begin(checks: readonly string[]): SentinelEvent[] {
  return [
    { type: "run.started", checks },
    ...checks.map((check) => ({ type: "check.started", check, attempt: 1 }) as const),
  ];
}

const finished = (
  check: string,
  status: "ok" | "warn" | "fail",
  message = `${check} says ${status}`,
): SentinelEvent => ({
  type: "check.finished",
  check,
  findings: [finding({ check, status, message })],
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  view?.stop();
  vi.useRealTimers();
});

test("a run shorter than a tenth of a second shows nothing at all", () => {
  const screen = new Screen();
  const live = open(screen);
  for (const event of [...begin(["git.clean"]), finished("git.clean", "ok")]) live.handle(event);
  vi.advanceTimersByTime(90);
  live.stop();
  expect(screen.writes).toBe(0);
});

test("what is in flight is shown with how long it has waited and at which attempt", () => {
  const screen = new Screen();
  const live = open(screen);
  for (const event of begin(["git.clean", "http.api"])) live.handle(event);
  live.handle(finished("git.clean", "ok"));
  vi.advanceTimersByTime(2100);
  live.handle({ type: "check.started", check: "http.api", attempt: 2 });
  vi.advanceTimersByTime(300);
  expect(screen.text).toMatch(/^ . 1 of 2 checks · 2\.4 s\n . http\.api {2}2\.4 s · attempt 2$/);
});

test("what failed or warned stays to be seen, failures first", () => {
  const screen = new Screen();
  const live = open(screen);
  for (const event of begin(["a", "b", "c", "d"])) live.handle(event);
  for (const event of [finished("a", "warn"), finished("b", "fail"), finished("c", "ok")]) live.handle(event);
  vi.advanceTimersByTime(100);
  expect(screen.text).toMatch(
    /^ . 3 of 4 checks · 100 ms\n ✖ b {2}b says fail\n ! a {2}a says warn\n . d {2}100 ms$/,
  );
});

test("a warning of another part is written above and stays", () => {
  const screen = new Screen();
  const live = open(screen);
  for (const event of begin(["http.api"])) live.handle(event);
  vi.advanceTimersByTime(200);
  live.handle({
    type: "notice",
    level: "warning",
    from: "release-sentinel.ledger",
    message: "cannot write\u001b[2J",
  });
  live.handle({ type: "notice", level: "info", from: "release-sentinel.ledger", message: "not worth it" });
  vi.advanceTimersByTime(200);
  expect(screen.text).toMatch(
    /^ ! cannot write\\x1b\[2J\n . 0 of 1 checks · 400 ms\n . http\.api {2}400 ms$/,
  );
  live.stop();
  expect(screen.text).toBe(" ! cannot write\\x1b[2J");
});

describe("the end", () => {
  test("leaves nothing on the screen, shows the cursor again, and lets go of the process", () => {
    const screen = new Screen();
    const listeners = process.listenerCount("exit");
    const live = open(screen, true);
    for (const event of begin(["a", "b"])) live.handle(event);
    vi.advanceTimersByTime(500);
    expect(screen.cursorShown).toBe(false);
    live.stop();
    expect([screen.text, screen.cursorShown, vi.getTimerCount(), process.listenerCount("exit")]).toEqual([
      "",
      true,
      0,
      listeners,
    ]);
  });

  test("may come twice, and nothing is drawn after it", () => {
    const screen = new Screen();
    const live = open(screen);
    for (const event of begin(["a"])) live.handle(event);
    vi.advanceTimersByTime(500);
    live.stop();
    const { writes } = screen;
    live.stop();
    live.handle({ type: "verdict", verdict: safe });
    vi.advanceTimersByTime(500);
    expect(screen.writes).toBe(writes);
  });

  test("of the process shows the cursor, too", () => {
    const screen = new Screen();
    const before = process.listeners("exit");
    for (const event of begin(["a"])) open(screen).handle(event);
    vi.advanceTimersByTime(500);
    for (const listener of process.listeners("exit").filter((one) => !before.includes(one)))
      (listener as () => void)();
    expect(screen.cursorShown).toBe(true);
  });
});

test("it is never higher or wider than the terminal", () => {
  for (const rows of [2, 3, 6, 12]) {
    const screen = new Screen(30, rows);
    const live = open(screen);
    const checks = Array.from({ length: 40 }, (_, i) => `http.service-with-a-long-name-${i}`);
    for (const event of begin(checks)) live.handle(event);
    for (const check of checks.slice(0, 20)) live.handle(finished(check, "fail", "漢字 ".repeat(50)));
    vi.advanceTimersByTime(300);
    expect(screen.tallest).toBeLessThanOrEqual(rows);
    expect(screen.lines[0]).toMatch(/20 of 40 checks/);
    expect(screen.lines.filter((line) => line.length > 29)).toEqual([]);
    live.stop();
    expect(screen.text).toBe("");
  }
});

test("it is drawn at most twelve times a second", () => {
  const screen = new Screen();
  const live = open(screen);
  for (const event of begin(["a"])) live.handle(event);
  for (let i = 0; i < 1000; i++) {
    live.handle({ type: "check.started", check: "a", attempt: i });
    vi.advanceTimersByTime(1);
  }
  // One write hides the cursor.
  expect(screen.writes).toBeLessThanOrEqual(13);
});

test("its timer does not keep the process alive", () => {
  vi.useRealTimers();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  open(new Screen());
  expect(timers()).toBe(before);
});
