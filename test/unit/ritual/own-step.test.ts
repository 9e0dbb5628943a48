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
function step(parts: Record<string, (...args: never[]) => unknown>): RitualStep {
  const definition = {
    name: "page",
    title: "Tell the status page",
    ...parts,
  } as unknown as AnyStepDefinition;
  return ownStep(definition, { options: {} }, {} as StepTools);
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

  it("must say which variables are its secrets", () => {
    const of = (secrets: () => unknown) =>
      secretsOfStep({ name: "page", definition: { secrets } as unknown as AnyStepDefinition, options: {} });
    expect(of(() => ["STATUS_TOKEN"])).toEqual(["STATUS_TOKEN"]);
    expect(() => of(() => "STATUS_TOKEN")).toThrow(
      "step page: its secrets failed: it answers no list of names",
    );
  });
});
