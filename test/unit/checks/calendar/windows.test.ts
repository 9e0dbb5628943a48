import { describe, expect, it } from "vitest";
import { parseDated, parseTimeZone, parseWeekly } from "../../../../src/checks/calendar/windows.ts";

const minutes = (day: number, hour: number, minute = 0) => day * 1440 + hour * 60 + minute;

describe("a weekly window", () => {
  it.each([
    ["Mon 09:00", "Mon 17:30", minutes(0, 9), minutes(0, 17, 30)],
    ["Fri 16:00", "Mon 08:00", minutes(4, 16), minutes(7, 8)],
    ["friday 16:00", "MON 8:00", minutes(4, 16), minutes(7, 8)],
    ["Sat", "Sun", minutes(5, 0), minutes(7, 0)],
    ["Thu", "Thu", minutes(3, 0), minutes(4, 0)],
    ["Wed 22:00", "Wed 24:00", minutes(2, 22), minutes(3, 0)],
    ["Mon", "Sun", 0, minutes(7, 0)],
    [" Tues  10:00 ", "Thurs 11:00", minutes(1, 10), minutes(3, 11)],
  ])("from %j to %j is read", (from, to, start, end) => {
    expect(parseWeekly({ from, to, reason: "r" })).toEqual([{ from: start, to: end, reason: "r" }]);
  });

  it("without days is one window a day, over midnight if need be", () => {
    const windows = parseWeekly({ from: "18:00", to: "08:00" });
    expect(windows).toHaveLength(7);
    expect(windows[6]).toEqual({ from: minutes(6, 18), to: minutes(7, 8), reason: "18:00 to 08:00" });
  });

  it.each([
    ["Fry 16:00", "Mon 08:00", /cannot read "Fry 16:00"/],
    ["Fri 16:00", "Mon 8", /cannot read "Mon 8"/],
    ["Fri 24:00", "Mon 08:00", /cannot read "Fri 24:00"/],
    ["Fri 16:00", "Mon 24:01", /cannot read/],
    ["Fri 16:60", "Mon 08:00", /cannot read/],
    ["", "Mon 08:00", /cannot read ""/],
    ["Fri 16:00\n", "2026-12-20", /cannot read "2026-12-20"/],
    ["Fri16:00", "Mon 08:00", /cannot read/],
    ["Fri 16:00", "18:00", /name a day at both ends/],
    ["Fri 16:00", "Fri 16:00", /begins and ends at the same moment/],
    ["16:00", "16:00", /begins and ends at the same moment/],
  ])("from %j to %j is refused", (from, to, message) => {
    expect(() => parseWeekly({ from, to })).toThrow(message);
  });
});

describe("a dated window", () => {
  it.each([
    ["2026-12-20", "2026-12-20"],
    ["2026-12-20T18:00", "2026-12-20T18:00:01"],
    ["2026-12-20 18:00", "2027-01-02"],
    ["2026-12-20T18:00Z", "2026-12-20T18:30+00:15"],
    ["2028-02-29", "2028-03-01"],
    ["12-24", "12-26"],
    ["12-24", "01-02"],
    ["02-29", "02-29"],
  ])("from %j to %j is read", (from, to) => {
    expect(parseDated({ from, to })).toMatchObject({ reason: `${from} to ${to}` });
  });

  it.each([
    ["2026-02-29", "2026-03-01", /cannot read "2026-02-29"/],
    ["2026-13-01", "2027-03-01", /cannot read/],
    ["2026-12-20T25:00", "2026-12-21", /cannot read/],
    ["2026-12-20T10:00+25:00", "2026-12-21T10:00Z", /cannot read/],
    ["12-24T10:00Z", "12-25T10:00Z", /cannot read/],
    ["20.12.2026", "2026-12-21", /cannot read "20.12.2026"/],
    ["2026-12-20", "12-26", /name a year at both ends/],
    ["2026-12-20T10:00Z", "2026-12-26", /both ends a UTC offset/],
    ["2026-12-21", "2026-12-20", /ends before it begins/],
    ["2026-12-20T18:00", "2026-12-20T18:00", /ends before it begins/],
    ["2026-12-20T18:00+02:00", "2026-12-20T17:30+01:30", /ends before it begins/],
  ])("from %j to %j is refused", (from, to, message) => {
    expect(() => parseDated({ from, to })).toThrow(message);
  });

  it("keeps the order of moments west of Greenwich", () => {
    expect(() => parseDated({ from: "2026-12-20T18:00-03:30", to: "2026-12-20T21:00Z" })).toThrow(
      /ends before/,
    );
    expect(parseDated({ from: "2026-12-20T18:00-03:30", to: "2026-12-20T21:31Z" }).from.offset).toBe(
      "-03:30",
    );
  });
});

describe("a time zone", () => {
  it.each(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])("%s is known", (name) => {
    expect(parseTimeZone(name)).toBe(name);
  });

  it.each(["Europe/Berln", "CEST", ""])("%j is unknown", (name) => {
    expect(() => parseTimeZone(name)).toThrow(`unknown time zone "${name}"`);
  });
});
