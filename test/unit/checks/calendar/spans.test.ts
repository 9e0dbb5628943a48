import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { type FreezeOptions, parseCalendar } from "../../../../src/checks/calendar/freeze.ts";
import { freezeAt } from "../../../../src/checks/calendar/spans.ts";
import fc from "../../../support/property.ts";

function ask(at: string, options: Partial<FreezeOptions>) {
  const calendar = parseCalendar({ timezone: "UTC", weekly: [], dates: [], allow: [], ...options });
  const show = (ms: number | undefined | null) =>
    ms === undefined || ms === null
      ? null
      : Temporal.Instant.fromEpochMilliseconds(ms)
          .toZonedDateTimeISO(calendar.timezone)
          .toString({ timeZoneName: "never" });
  const state = freezeAt(calendar, Temporal.Instant.from(at).epochMilliseconds, Temporal);
  return {
    frozen: state.span !== null,
    reason: state.span?.reason ?? null,
    until: show(state.span?.end),
    nextOpen: show(state.nextOpen),
    next: show(state.next?.start),
  };
}

const weekend = { from: "Fri 16:00", to: "Mon 08:00" };

describe("the edges of a window", () => {
  const options = { weekly: [weekend] };

  it.each([
    ["2026-11-20T15:59:59.999Z", false],
    ["2026-11-20T16:00:00Z", true],
    ["2026-11-22T23:59:59Z", true],
    ["2026-11-23T07:59:59.999Z", true],
    ["2026-11-23T08:00:00Z", false],
  ])("at %s frozen is %s", (at, frozen) => {
    expect(ask(at, options).frozen).toBe(frozen);
  });

  it("names the end when frozen and the next beginning when open", () => {
    expect(ask("2026-11-21T10:00:00Z", options)).toMatchObject({
      nextOpen: "2026-11-23T08:00:00+00:00",
      next: null,
    });
    expect(ask("2026-11-24T10:00:00Z", options)).toMatchObject({
      nextOpen: "2026-11-24T10:00:00+00:00",
      next: "2026-11-27T16:00:00+00:00",
    });
  });
});

describe("several windows", () => {
  it("go on into each other until the first open moment", () => {
    const dates = [
      { from: "2026-12-20", to: "2026-12-24" },
      { from: "2026-12-25", to: "2026-12-25T16:00", reason: "gift day" },
    ];
    expect(ask("2026-12-21T00:00:00Z", { weekly: [weekend], dates })).toMatchObject({
      reason: "2026-12-20 to 2026-12-24",
      until: "2026-12-25T00:00:00+00:00",
      nextOpen: "2026-12-28T08:00:00+00:00",
    });
  });

  it("name the one that ends last", () => {
    const dates = [
      { from: "2026-12-01", to: "2027-01-06", reason: "year's end" },
      { from: "2026-12-20", to: "2026-12-24", reason: "holidays" },
    ];
    expect(ask("2026-12-21T00:00:00Z", { dates })).toMatchObject({
      reason: "year's end",
      until: "2027-01-07T00:00:00+00:00",
    });
  });

  it("that leave no time are never open", () => {
    const options = { weekly: [weekend, { from: "Mon 08:00", to: "Fri 16:00" }] };
    expect(ask("2026-12-21T00:00:00Z", options)).toMatchObject({ frozen: true, nextOpen: null });
  });

  it("may open only after months", () => {
    const options = { dates: [{ from: "2026-01-01", to: "2026-12-31" }] };
    expect(ask("2026-02-01T00:00:00Z", options).nextOpen).toBe("2027-01-01T00:00:00+00:00");
    expect(ask("2025-02-01T00:00:00Z", options).next).toBe("2026-01-01T00:00:00+00:00");
    expect(ask("2024-02-01T00:00:00Z", options).next).toBeNull();
  });
});

describe("windows in which alone releases are allowed", () => {
  const options = {
    allow: [
      { from: "Tue 09:00", to: "Tue 16:00" },
      { from: "Thu 09:00", to: "Thu 16:00" },
    ],
  };

  it("freeze the rest of the week", () => {
    expect(ask("2026-11-25T12:00:00Z", options)).toEqual({
      frozen: true,
      reason: "outside the release windows",
      until: "2026-11-26T09:00:00+00:00",
      nextOpen: "2026-11-26T09:00:00+00:00",
      next: null,
    });
    expect(ask("2026-11-26T12:00:00Z", options)).toMatchObject({
      frozen: false,
      next: "2026-11-26T16:00:00+00:00",
    });
  });

  it("do not open what is frozen", () => {
    const dates = [{ from: "2026-11-26", to: "2026-11-26", reason: "feast" }];
    expect(ask("2026-11-26T12:00:00Z", { ...options, dates })).toMatchObject({
      reason: "feast",
      nextOpen: "2026-12-01T09:00:00+00:00",
    });
  });

  it("that fill the week freeze nothing", () => {
    expect(ask("2026-11-26T12:00:00Z", { allow: [{ from: "Mon", to: "Sun" }] })).toMatchObject({
      frozen: false,
      next: null,
    });
  });
});

describe("windows of every year", () => {
  const options = { dates: [{ from: "12-24", to: "01-02" }] };

  it("run over the year's end", () => {
    expect(ask("2027-01-02T23:59:00Z", options)).toMatchObject({
      frozen: true,
      nextOpen: "2027-01-03T00:00:00+00:00",
    });
    expect(ask("2026-12-24T00:00:00Z", options)).toMatchObject({
      frozen: true,
      nextOpen: "2027-01-03T00:00:00+00:00",
    });
    expect(ask("2026-06-01T00:00:00Z", options)).toMatchObject({
      frozen: false,
      next: "2026-12-24T00:00:00+00:00",
    });
  });

  it("put the leap day on the 28th in other years", () => {
    const leap = { dates: [{ from: "02-29", to: "02-29" }] };
    expect(ask("2027-02-28T12:00:00Z", leap).nextOpen).toBe("2027-03-01T00:00:00+00:00");
    expect(ask("2028-02-28T12:00:00Z", leap).frozen).toBe(false);
    expect(ask("2028-02-29T12:00:00Z", leap).nextOpen).toBe("2028-03-01T00:00:00+00:00");
  });
});

describe("summer time", () => {
  it("keeps wall-clock hours on both sides of a change", () => {
    const options = { timezone: "Europe/Berlin", weekly: [weekend] };
    expect(ask("2026-03-28T12:00:00Z", options).until).toBe("2026-03-30T08:00:00+02:00");
    expect(ask("2026-10-24T12:00:00Z", options).until).toBe("2026-10-26T08:00:00+01:00");
  });

  it("moves an end in the gap to after it", () => {
    const options = { timezone: "Europe/Berlin", weekly: [{ from: "Sat 22:00", to: "Sun 02:30" }] };
    expect(ask("2026-03-29T00:59:00Z", options).until).toBe("2026-03-29T03:30:00+02:00");
  });

  it("takes the first of two equal times", () => {
    const options = { timezone: "Europe/Berlin", weekly: [{ from: "Sat 22:00", to: "Sun 02:30" }] };
    expect(ask("2026-10-24T23:00:00Z", options).until).toBe("2026-10-25T02:30:00+02:00");
    expect(ask("2026-10-25T01:15:00Z", options).frozen).toBe(false);
  });

  it("is half an hour on Lord Howe Island", () => {
    const options = { timezone: "Australia/Lord_Howe", weekly: [{ from: "Sat 20:00", to: "Sun 08:00" }] };
    const sundays = ["2026-04-04T12:00:00Z", "2026-10-03T12:00:00Z"].map((at) => ask(at, options).until);
    expect(sundays).toEqual(["2026-04-05T08:00:00+10:30", "2026-10-04T08:00:00+11:00"]);
    const gap = {
      timezone: "Australia/Lord_Howe",
      dates: [{ from: "2026-10-03T12:00", to: "2026-10-04T02:15" }],
    };
    expect(ask("2026-10-03T12:00:00Z", gap).until).toBe("2026-10-04T02:45:00+11:00");
  });

  it("may swallow midnight, where a day begins at one o'clock", () => {
    const options = { timezone: "America/Sao_Paulo", dates: [{ from: "2018-11-04", to: "2018-11-04" }] };
    expect(ask("2018-11-04T03:30:00Z", options)).toMatchObject({
      frozen: true,
      until: "2018-11-05T00:00:00-02:00",
    });
    expect(ask("2018-11-04T02:59:00Z", options).next).toBe("2018-11-04T01:00:00-02:00");
  });

  it("was given up in Sao Paulo", () => {
    const options = { timezone: "America/Sao_Paulo", weekly: [weekend] };
    expect(ask("2026-11-28T12:00:00Z", options).until).toBe("2026-11-30T08:00:00-03:00");
  });

  it("is unknown in Kathmandu, three quarters off", () => {
    expect(ask("2026-11-28T12:00:00Z", { timezone: "Asia/Kathmandu", weekly: [weekend] }).until).toBe(
      "2026-11-30T08:00:00+05:45",
    );
  });

  it("does not touch times that carry their own offset", () => {
    const options = {
      timezone: "Europe/Berlin",
      dates: [{ from: "2026-12-20T18:00-08:00", to: "2026-12-21T03:00Z", reason: "elsewhere" }],
    };
    expect(ask("2026-12-21T01:00:00Z", options)).toMatchObject({
      frozen: false,
      next: "2026-12-21T03:00:00+01:00",
    });
  });
});

describe("any calendar", () => {
  const zones = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
  );
  const weekMoment = fc
    .tuple(fc.constantFrom("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), fc.nat(23), fc.nat(59))
    .map(
      ([day, hour, minute]) => `${day} ${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`,
    );
  const weekly = fc.record({ from: weekMoment, to: weekMoment }).filter(({ from, to }) => from !== to);
  const day = fc.nat(800).map((n) => Temporal.PlainDate.from("2017-06-01").add({ days: n }));
  const dated = fc.tuple(day, fc.nat(40)).map(([from, length]) => ({
    from: from.toString(),
    to: from.add({ days: length }).toString(),
  }));
  const options = fc.record({
    timezone: zones,
    weekly: fc.array(weekly, { maxLength: 3 }),
    dates: fc.array(dated, { maxLength: 3 }),
    allow: fc.array(weekly, { maxLength: 2 }),
  });
  const moment = fc.nat(800 * 1440).map((minute) => Date.UTC(2017, 5, 1) + minute * 60_000);

  it("is open at nextOpen and frozen at every minute looked at before it", () => {
    fc.assert(
      fc.property(
        options,
        moment,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 6 }),
        (text, at, samples) => {
          const calendar = parseCalendar(text);
          const state = freezeAt(calendar, at, Temporal);
          if (state.span === null) {
            expect(state.nextOpen).toBe(at);
            if (state.next) expect(freezeAt(calendar, state.next.start, Temporal).span).not.toBeNull();
            return;
          }
          if (state.nextOpen === null) return;
          expect(freezeAt(calendar, state.nextOpen, Temporal).span).toBeNull();
          const minutes = Math.ceil((state.nextOpen - at) / 60_000);
          for (const sample of [0, ...samples, (minutes - 1) / minutes]) {
            expect(
              freezeAt(calendar, at + Math.floor(sample * minutes) * 60_000, Temporal).span,
            ).not.toBeNull();
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("agrees with the wall clock where there is no summer time", () => {
    fc.assert(
      fc.property(weekly, moment, (window, at) => {
        const minuteOf = (text: string) => {
          const [word = "", clock = ""] = text.split(" ");
          const [hour = 0, minute = 0] = clock.split(":").map(Number);
          return ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(word) * 1440 + hour * 60 + minute;
        };
        // 1 January 1970 was a Thursday.
        const now = (Math.floor(at / 60_000) + 3 * 1440) % 10_080;
        const [from, to] = [minuteOf(window.from), minuteOf(window.to)];
        const inside = from < to ? from <= now && now < to : now >= from || now < to;
        const calendar = parseCalendar({ timezone: "UTC", weekly: [window], dates: [], allow: [] });
        expect(freezeAt(calendar, at, Temporal).span !== null).toBe(inside);
      }),
      { numRuns: 100 },
    );
  });
});
