import { describe, expect, it } from "vitest";
import { Aborted } from "../../../../src/core/check.ts";
import { createWatchLines } from "../../../../src/flows/watch/lines.ts";
import type { WatchOutcome } from "../../../../src/flows/watch/outcome.ts";
import { type SavedWatch, watch } from "../../../../src/flows/watch/watch.ts";
import { asReceipt } from "../../../../src/watch/receipt.ts";
import { begun, type Minute, scriptedSource, steppingClock, watched } from "../../../support/watch.ts";

const well: Minute = { total: 600, bad: 0 };
const bad: Minute = { total: 600, bad: 90 };
const settings = { labels: { job: "shop" }, for: "10min", signals: { burn: false } } as const;
const minuteMs = 60_000;

describe("a watch", () => {
  it("passes when everything is known and well to the end of its window", async () => {
    const clock = steppingClock();
    const { run, alarms, seen } = watched(
      settings,
      scriptedSource(() => well, clock),
      clock,
    );
    const outcome = await watch(run);
    expect(outcome).toMatchObject({ outcome: "passed", exitCode: 0, action: "promote", reasons: [] });
    expect(outcome.message).toMatch(/^Watch of prod PASSED: /);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(10 * minuteMs);
    expect(clock.now() - begun).toBeLessThan(12 * minuteMs);
    expect(alarms).toEqual([]);
    expect(seen.length).toBe(outcome.looks);
    expect(seen.length).toBeLessThanOrEqual(13);
  });

  it("ends with a breach as soon as there is one, says so once, and has the numbers", async () => {
    const clock = steppingClock();
    const source = scriptedSource(({ kind }, n) => (kind === "errors" && n >= 3 ? bad : well), clock);
    const { run, alarms, receipts } = watched(settings, source, clock);
    const outcome = await watch(run);
    expect(outcome).toMatchObject({ outcome: "breach", exitCode: 2, action: "rollback" });
    expect(outcome.message).toMatch(/^Watch of prod FAILED: .*shop\/errors/);
    expect(clock.now() - begun).toBeLessThan(8 * minuteMs);
    expect(alarms.map(({ end }) => end)).toEqual(["breach"]);
    const last = receipts.at(-1);
    expect(last).toEqual(outcome.receipt);
    expect(last?.final).toBe(true);
    const errors = last?.samples.find(({ check }) => check === "shop/errors");
    expect(errors?.observation).toMatchObject({
      sent: ["sum(rate(errors))"],
      minutes: expect.arrayContaining([[new Date(begun + 3 * minuteMs).toISOString(), 600, 90]]),
    });
    expect(asReceipt(JSON.parse(JSON.stringify(last)))).toEqual(last);
  });

  it("of seconds says seconds, and waits for the first whole minute", async () => {
    const clock = steppingClock(begun + 20_000);
    const source = scriptedSource(() => well, clock);
    const lines = createWatchLines("prod");
    const said: string[] = [];
    const { run, seen } = watched({ ...settings, for: "10s" }, source, clock, {
      seen(look) {
        seen.push(look);
        said.push(...lines(look).map(({ message }) => message));
      },
    });
    const outcome = await watch(run);
    expect(outcome).toMatchObject({ outcome: "passed", exitCode: 0 });
    expect(said[0]).toBe(
      "Watching prod for 10 s, and on until there is a whole minute: first numbers at 10:02:16 UTC",
    );
    expect(seen[1]?.decision.message).toMatch(/^10 s, 10 s were planned, waiting up to 5 min: /);
    expect([...said, ...seen.map(({ decision }) => decision.message)].join("\n")).not.toMatch(
      /\b0(\.\d)? min/,
    );
  });

  it("is no success when there is no data to the end, and calls somebody once", async () => {
    const clock = steppingClock();
    const { run, alarms } = watched(
      settings,
      scriptedSource(() => null, clock),
      clock,
    );
    const outcome = await watch(run);
    expect(outcome).toMatchObject({ outcome: "no-data", exitCode: 2, action: "hold" });
    expect(outcome.message).toContain("UNPROVEN (no data)");
    expect(alarms.map(({ end }) => end)).toEqual(["no-data"]);
  });

  it("is no success when its source fails to the end", async () => {
    const clock = steppingClock();
    const source = scriptedSource(() => new Error("503 Service Unavailable"), clock);
    const { run, alarms } = watched(settings, source, clock);
    const outcome = await watch(run);
    expect(outcome).toMatchObject({ outcome: "telemetry-error", exitCode: 2, action: "hold" });
    expect(outcome.reasons.map(({ message }) => message).join()).toContain("503");
    expect(alarms.map(({ end }) => end)).toEqual(["telemetry-error"]);
  });

  it("passes when numbers were missing for less than their budget", async () => {
    const clock = steppingClock();
    const source = scriptedSource((_query, n) => (n === 4 || n === 5 ? null : well), clock);
    const { run, alarms } = watched(settings, source, clock);
    expect(await watch(run)).toMatchObject({ outcome: "passed", exitCode: 0 });
    expect(alarms).toEqual([]);
  });

  it("does not begin where a query is wrong", async () => {
    const clock = steppingClock();
    const source = scriptedSource(() => well, clock, [
      {
        state: "conflict",
        message: "shop/errors: parse error at char 3",
        remedy: "mend watch.signals.errors",
      },
      { state: "notice", message: "the clock is 4 s ahead" },
    ]);
    const { run, alarms, seen, proofs } = watched(settings, source, clock);
    const outcome = await watch(run);
    expect(outcome).toMatchObject({ outcome: "blocked", exitCode: 1, looks: 0 });
    expect(outcome.reasons).toEqual([
      { message: "shop/errors: parse error at char 3", remedy: "mend watch.signals.errors" },
    ]);
    expect(seen).toEqual([]);
    expect(proofs.map(({ message }) => message)).toEqual(["the clock is 4 s ahead"]);
    expect(alarms.map(({ end }) => end)).toEqual(["blocked"]);
  });

  it("goes on after it was killed at any look, and comes to the same end as if it had not been", async () => {
    const minute = ({ kind }: { kind: string }, n: number) => (kind === "errors" && n >= 6 ? bad : well);
    const whole = steppingClock();
    const straight = await watch(watched(settings, scriptedSource(minute, whole), whole).run);
    expect(straight.outcome).toBe("breach");
    const clock = steppingClock();
    let saved: SavedWatch | null = null;
    let outcome: WatchOutcome | undefined;
    for (let kills = 0; kills < 40 && !outcome; kills++) {
      const dying = new AbortController();
      const { run, saves } = watched(settings, scriptedSource(minute, clock), clock, {
        saved,
        deployedAt: begun,
        signal: dying.signal,
        seen: () => dying.abort(new Aborted("not-needed", "killed")),
      });
      outcome = await watch(run).catch(() => undefined);
      saved = saves.at(-1) ?? saved;
      if (!outcome) clock.jump(minuteMs);
    }
    expect(outcome).toMatchObject({ outcome: "breach", looks: expect.any(Number) });
    expect(outcome?.readings.map(({ state }) => state)).toEqual(straight.readings.map(({ state }) => state));
    expect(
      Date.parse(outcome?.receipt?.at ?? "") - Date.parse(straight.receipt?.at ?? ""),
    ).toBeLessThanOrEqual(minuteMs);
  });

  it("catches up minute by minute with what was missed while the machine slept", async () => {
    const clock = steppingClock();
    const source = scriptedSource(
      ({ kind }, n) => (kind === "errors" && n >= 2 && n < 9 ? bad : well),
      clock,
    );
    const { run, seen } = watched(settings, source, clock, {
      seen(look) {
        seen.push(look);
        if (seen.length === 1) clock.jump(60 * minuteMs);
      },
    });
    const outcome = await watch(run);
    // It had recovered when the machine woke up; a person who had looked would have seen it.
    expect(outcome).toMatchObject({ outcome: "breach", action: "rollback" });
    expect(Date.parse(outcome.receipt?.at ?? "") - begun).toBeLessThan(8 * minuteMs);
  });

  it("judges a deploy of the past at once, without waiting", async () => {
    const clock = steppingClock(begun + 60 * minuteMs);
    const source = scriptedSource(() => well, clock);
    const { run } = watched(settings, source, clock, { deployedAt: begun });
    expect(await watch(run)).toMatchObject({ outcome: "passed", exitCode: 0 });
    expect(clock.waits.every((ms) => ms === 0)).toBe(true);
    // What is there now says nothing of queries about then.
    expect(source.proved).toEqual([{ from: begun - 10 * minuteMs, to: begun + 10 * minuteMs }]);
  });

  it("says what it found so far when it is interrupted, and how to go on", async () => {
    const clock = steppingClock();
    const interrupt = new AbortController();
    const { run, seen } = watched(
      settings,
      scriptedSource(() => well, clock),
      clock,
      {
        signal: interrupt.signal,
        seen(look) {
          seen.push(look);
          if (seen.length === 3)
            interrupt.abort(new Aborted("interrupt", "interrupted by SIGTERM", "SIGTERM"));
        },
      },
    );
    const outcome = await watch(run);
    expect(outcome).toMatchObject({
      outcome: "interrupted",
      exitCode: 143,
      looks: 3,
      resume: "release-sentinel watch --env prod",
    });
    expect(outcome.message).toBe("Watch of prod interrupted: interrupted by SIGTERM, 3 looks so far");
    expect(outcome.readings).toHaveLength(2);
  });

  it("keeps a canary's answer for its version: asking again is no new test", async () => {
    const canary = {
      ...settings,
      canary: {
        min: "3min",
        baseline: { labels: { track: "stable" } },
        canary: { labels: { track: "canary" } },
      },
    };
    const clock = steppingClock();
    const source = scriptedSource(({ arm }) => (arm === "canary" ? bad : { total: 6000, bad: 6 }), clock);
    const first = watched(canary, source, clock);
    const outcome = await watch(first.run);
    expect(outcome).toMatchObject({ outcome: "breach", action: "rollback" });
    const again = watched(
      canary,
      scriptedSource(() => well, clock),
      clock,
      { saved: first.saves.at(-1) ?? null },
    );
    const second = await watch(again.run);
    expect(second).toMatchObject({ outcome: "breach", exitCode: 2 });
    expect(second.message).toContain("--fresh");
    expect(again.seen).toEqual([]);
    expect(again.alarms).toEqual([]);
  });

  it("needs no more memory after a day than after an hour", async () => {
    const clock = steppingClock();
    const long = { ...settings, for: "24h" } as const;
    const sizes: number[] = [];
    const { run } = watched(
      long,
      scriptedSource(() => well, clock),
      clock,
      {
        seen: ({ series }) => void sizes.push(series.reduce((sum, { points }) => sum + points.length, 0)),
        save: (saved) => void sizes.push(JSON.stringify(saved).length),
      },
    );
    await watch(run);
    const [early, late] = [sizes.slice(700, 900), sizes.slice(-210, -10)];
    expect(Math.max(...late)).toBeLessThan(Math.max(...early) * 1.2);
  });
});
