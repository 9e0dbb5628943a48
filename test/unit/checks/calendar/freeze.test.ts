import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  calendarFreeze,
  type FreezeObservation,
  type FreezeOptions,
} from "../../../../src/checks/calendar/freeze.ts";
import type { Readers } from "../../../../src/clients/readers.ts";
import type { Target } from "../../../../src/core/target.ts";

const target = (at: string): Target => ({ environment: "prod", version: "v1.4.2", purpose: "release", at });

function observe(at: string, options: Partial<FreezeOptions>) {
  return calendarFreeze.observe({
    // It looks at nothing but its options and the target.
    readers: {} as Readers,
    options: { ...calendarFreeze.defaults, ...options },
    target: target(at),
    signal: new AbortController().signal,
    needs: {},
  });
}

const judge = (observation: FreezeObservation) =>
  calendarFreeze.judge(observation, { options: calendarFreeze.defaults, target: target(observation.at) });

async function answer(at: string, options: Partial<FreezeOptions>) {
  return judge(await observe(at, options));
}

const holidays = {
  timezone: "Europe/Berlin",
  weekly: [{ from: "Fri 16:00", to: "Mon 08:00", reason: "weekend" }],
  dates: [{ from: "2026-12-20", to: "2026-12-26", reason: "year-end holidays" }],
};

describe("calendar.freeze", () => {
  it("fails inside a freeze and says when it is over", async () => {
    expect(await answer("2026-12-26T22:00:00Z", holidays)).toEqual({
      status: "fail",
      message: "Release freeze: weekend until 2026-12-28 08:00 Europe/Berlin",
      remedy: "next open: Mon 2026-12-28 08:00 Europe/Berlin (in 1 d 9 h)",
    });
  });

  it("names the end of this freeze, and as remedy the first open moment after those that follow", async () => {
    expect(
      await answer("2026-12-25T03:00:00Z", { ...holidays, weekly: [{ from: "Sun", to: "Mon 08:00" }] }),
    ).toEqual({
      status: "fail",
      message: "Release freeze: year-end holidays until 2026-12-27 00:00 Europe/Berlin",
      remedy: "next open: Mon 2026-12-28 08:00 Europe/Berlin (in 3 d 4 h)",
    });
  });

  it("passes outside and names the next one", async () => {
    expect(await answer("2026-12-15T10:00:00Z", holidays)).toEqual({
      status: "ok",
      message: "No release freeze (next one: weekend, Fri 2026-12-18 16:00 Europe/Berlin)",
    });
  });

  it("passes with an empty calendar", async () => {
    expect(await answer("2026-12-15T10:00:00Z", {})).toEqual({
      status: "ok",
      message: "No release freeze (next one: none within 400 days)",
    });
  });

  it("says so when no time is left to release in", async () => {
    expect(
      await answer("2026-12-15T10:00:00Z", { weekly: [{ from: "Mon", to: "Sun", reason: "moratorium" }] }),
    ).toEqual({
      status: "fail",
      message: "Release freeze: moratorium until 2026-12-21 00:00 UTC",
      remedy: "never open within 400 days: shorten the windows of calendar.freeze",
    });
  });

  it("shows seconds only where there are some, and short waits in minutes", async () => {
    const dates = [{ from: "2026-12-20T10:00", to: "2026-12-20T12:00:30", reason: "audit" }];
    expect(await answer("2026-12-20T11:55:00Z", { dates })).toMatchObject({
      message: "Release freeze: audit until 2026-12-20 12:00:30 UTC",
      remedy: "next open: Sun 2026-12-20 12:00:30 UTC (in 6 min)",
    });
  });

  it("keeps control characters of a reason out of the message", async () => {
    const dates = [{ from: "2026-12-20", to: "2026-12-20", reason: "a\u001b[31mb" }];
    expect(await answer("2026-12-20T11:55:00Z", { dates })).toMatchObject({
      message: "Release freeze: a\\x1b[31mb until 2026-12-21 00:00 UTC",
    });
  });

  it("observes plain JSON that can be judged again", async () => {
    const observation = await observe("2026-12-26T22:00:00Z", holidays);
    expect(judge(JSON.parse(JSON.stringify(observation)))).toEqual(judge(observation));
  });

  it("cannot tell from a calendar or a moment it cannot read", async () => {
    await expect(observe("2026-12-15T10:00:00Z", { timezone: "Mars/Olympus" })).rejects.toThrow(
      /unknown time zone/,
    );
    await expect(observe("yesterday", holidays)).rejects.toThrow();
  });
});

describe("the options of calendar.freeze", () => {
  const schema = calendarFreeze.schema(z);
  const problems = (options: unknown) =>
    schema.safeParse(options).error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);

  it("may be left out, or all be given", () => {
    expect(problems({})).toBeUndefined();
    expect(problems({ ...holidays, allow: [{ from: "Mon 09:00", to: "Thu 16:00" }] })).toBeUndefined();
  });

  it.each([
    [{ timezone: "Berlin" }, 'timezone: unknown time zone "Berlin": use an IANA name such as Europe/Berlin'],
    [
      { weekly: [{ from: "Fry", to: "Mon" }] },
      'weekly.0: cannot read "Fry": write a day and a time, such as Fri 16:00',
    ],
    [
      { allow: [{ from: "Fri", to: "25:00" }] },
      'allow.0: cannot read "25:00": write a day and a time, such as Fri 16:00',
    ],
    [
      { dates: [{ from: "12-24", to: "2026-12-26" }] },
      'dates.0: "12-24" to "2026-12-26": name a year at both ends, or at neither',
    ],
  ])("%j is refused with a sentence", (options, message) => {
    expect(problems(options)).toEqual([message]);
  });

  it("refuses keys it does not know", () => {
    expect(problems({ weekley: [] })).toHaveLength(1);
    expect(problems({ allow: [{ from: "Mon", to: "Tue", reason: "x" }] })).toHaveLength(1);
  });

  it("has a JSON Schema with a sentence for every key", () => {
    const json = z.toJSONSchema(schema) as { properties: Record<string, { description?: string }> };
    expect(Object.keys(json.properties)).toEqual(Object.keys(calendarFreeze.defaults));
    for (const property of Object.values(json.properties)) expect(property.description).toMatch(/\.$/);
  });
});
