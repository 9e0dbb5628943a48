import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Aborted } from "../../../src/core/check.ts";
import { within } from "../../../src/core/within.ts";

const never = () => new Promise<never>(() => {});
const open = () => new AbortController().signal;

describe("work with a time limit", () => {
  it("gives its answer, and its error", async () => {
    expect(await within(1000, open(), async () => 7)).toBe(7);
    await expect(within(1000, open(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
  it("is given up when time is up, whether or not it listens", async () => {
    await expect(within(10, open(), never)).rejects.toMatchObject({
      cause: "time-limit",
      message: "no answer within 10 ms",
    });
  });
  it("may still say something better than that time is up", async () => {
    const listens = (signal: AbortSignal) =>
      new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("half an answer")));
    expect(await within(10, open(), listens)).toBe("half an answer");
  });
  it("is given a moment to put away what it has in hand, where that is wanted", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const tidies = (signal: AbortSignal) =>
      new Promise<string>((resolve) =>
        signal.addEventListener("abort", () => setTimeout(() => resolve("put away"), 500)),
      );
    const tidied = within(10, open(), tidies, 1000);
    const given = expect(within(10, open(), never, 1000)).rejects.toThrow("no answer within 10 ms");
    await vi.advanceTimersByTimeAsync(2000);
    expect(await tidied).toBe("put away");
    await given;
  });
  it("ends with the run, for the run's reason", async () => {
    const run = new AbortController();
    const waiting = within(60_000, run.signal, never);
    run.abort(new Aborted("interrupt", "interrupted by SIGINT"));
    await expect(waiting).rejects.toThrow("interrupted by SIGINT");
    await expect(within(60_000, run.signal, async () => 7)).rejects.toThrow("interrupted by SIGINT");
  });
});
