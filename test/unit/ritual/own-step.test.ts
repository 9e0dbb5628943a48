import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type AnyStepDefinition,
  ownStep,
  type StepTools,
  secretsOfStep,
} from "../../../src/ritual/own-step.ts";
import type { RitualContext, RitualStep } from "../../../src/ritual/step.ts";

const signal = new AbortController().signal;
const context = {} as RitualContext;

/** A step as a project may have written it: its answers are anything. */
function step(parts: Record<string, (...args: never[]) => unknown>, timeoutMs?: number): RitualStep {
  const definition = {
    name: "page",
    title: "Tell the status page",
    ...parts,
  } as unknown as AnyStepDefinition;
  return ownStep(definition, { options: {}, timeoutMs }, {} as StepTools);
}

describe("a step of a project's own", () => {
  const report = { message: "told", warnings: ["slow"], excerpt: "x", links: [{ label: "page", url: "u" }] };

  it("is taken as it is where its answers are right", async () => {
    const one = step({
      skip: () => null,
      observe: () => ({ state: "needed", message: "to do" }),
      prove: async () => [{ state: "ok", message: "may" }],
      preview: async () => [{ to: "POST x", type: "text/plain", body: "" }],
      run: async () => report,
    });
    expect(one.skip?.()).toBeNull();
    expect(await one.observe(context, signal)).toEqual({ state: "needed", message: "to do" });
    expect(await one.prove?.(context, signal)).toHaveLength(1);
    expect(await one.preview(context, signal)).toHaveLength(1);
    expect(await one.run(context, signal)).toBe(report);
  });

  it.each<[string, unknown]>([
    ["observe", undefined],
    ["observe", { state: "perfect", message: "x" }],
    ["observe", { state: "done" }],
    ["prove", { state: "ok", message: "x" }],
    ["preview", [{ to: "x", type: "y", body: 5 }]],
    ["run", 5],
    ["run", { message: "x", warnings: "one" }],
    ["run", { message: "x", links: [{ label: "page" }] }],
  ])("is named when its %s answers %j", async (what, answer) => {
    const one = step({ [what]: async () => answer });
    const ask = one[what as "observe" | "run"];
    await expect(ask(context, signal)).rejects.toThrow(`step page: its ${what} (`);
  });

  it("whose skip fails, or answers no reason, is looked at and named", async () => {
    const failing = step({
      skip: () => {
        throw new TypeError("x is\nundefined");
      },
      observe: () => ({ state: "done", message: "there" }),
    });
    expect(failing.skip?.()).toBeNull();
    await expect(failing.observe(context, signal)).rejects.toThrow(
      "step page: its skip failed: x is\\nundefined",
    );
    const strange = step({ skip: () => 7 });
    expect(strange.skip?.()).toBeNull();
    await expect(strange.observe(context, signal)).rejects.toThrow("step page: its skip (a reason, or null)");
  });

  it("that does not listen is left a moment after it was told to stop", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const stop = new AbortController();
    const deaf = step({ run: () => new Promise(() => {}) });
    const left = expect(deaf.run(context, stop.signal)).rejects.toThrow("interrupted");
    stop.abort(new Error("interrupted"));
    await vi.advanceTimersByTimeAsync(5000);
    await left;
    // One that listens says how it ended.
    const again = new AbortController();
    const polite = step({ run: () => new Promise((end) => setTimeout(() => end(report), 1000)) });
    const ended = polite.run(context, again.signal);
    again.abort(new Error("interrupted"));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await ended).toBe(report);
  });

  it("has a time limit for each of its calls, five minutes where none is said", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const hang = () => new Promise(() => {});
    const deaf = step({ observe: hang, prove: hang, preview: hang, run: hang });
    const calls = [deaf.observe, deaf.prove, deaf.preview, deaf.run] as const;
    const ended = Promise.allSettled(calls.map((call) => call?.(context, signal)));
    await vi.advanceTimersByTimeAsync(5 * 60_000 + 5000);
    const late = "did not end within 5 min; it did not listen to its signal either, and was left";
    expect(await ended).toMatchObject(
      ["observe", "prove", "preview", "run"].map((what) => ({
        reason: {
          message: `step page: its ${what} ${late}`,
          remedy: "give it a longer `timeout`, or see what it waits for",
          final: false,
        },
      })),
    );
  });

  it("is told by its signal that its time is over, and is late whatever it says then", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const stopped = (limited: AbortSignal) =>
      new Promise((resolve) => limited.addEventListener("abort", resolve, { once: true }));
    const says = step({ run: async (_, limited) => stopped(limited).then(() => report) }, 30_000);
    const fails = step(
      { run: async (_, limited) => stopped(limited).then(() => Promise.reject("x")) },
      30_000,
    );
    const ended = Promise.allSettled([says, fails].map((one) => one.run(context, signal)));
    await vi.advanceTimersByTimeAsync(30_000);
    const message = "step page: its run did not end within 30 s";
    expect(await ended).toMatchObject([{ reason: { message } }, { reason: { message } }]);
  });

  it("must say which variables are its secrets", () => {
    const of = (secrets: () => unknown) =>
      secretsOfStep({ name: "page", definition: { secrets } as unknown as AnyStepDefinition, options: {} });
    expect(of(() => ["STATUS_TOKEN"])).toEqual(["STATUS_TOKEN"]);
    expect(() => of(() => "STATUS_TOKEN")).toThrow(
      "step page: its secrets failed: it answers no list of names",
    );
  });
});
