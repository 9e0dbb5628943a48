import { describe, expect, it } from "vitest";
import { foldMinutes, type Minute, noStreak } from "../../../../src/watch/criteria/fold.ts";
import { minuteMs } from "../../../../src/watch/time.ts";
import fc from "../../../support/property.ts";

const empty = { judgedTo: 0, streak: noStreak, well: 0, longestWell: 0, unknown: 0 };
const above: Minute = { above: true, total: 100, bad: 20 };
const well: Minute = { above: false, total: 100, bad: 0 };

const fold = (minutes: readonly (Minute | null)[], from = empty) =>
  foldMinutes(
    from,
    from.judgedTo + minutes.length * minuteMs,
    (start) => minutes[(start - from.judgedTo) / minuteMs] ?? null,
  );

const minute = fc.constantFrom(above, well, null);

describe("consecutive minutes", () => {
  it("are counted through minutes without data, and end at one that is well", () => {
    expect(fold([above, above, null, null, above]).streak.minutes).toBe(3);
    expect(fold([above, above, well, above]).streak.minutes).toBe(1);
    expect(fold([above, null, well, null]).streak).toEqual(noStreak);
  });

  it("are the same however many minutes without data lie between", () => {
    fc.assert(
      fc.property(fc.array(minute), (minutes) => {
        const known = minutes.filter((one) => one !== null);
        const [all, dense] = [fold(minutes), fold(known)];
        expect([all.streak, all.well]).toEqual([dense.streak, dense.well]);
        expect(all.unknown).toBe(minutes.length - known.length);
      }),
    );
  });

  it("are the same counted at once or in parts", () => {
    fc.assert(
      fc.property(fc.array(minute), fc.nat(30), (minutes, at) => {
        expect(fold(minutes.slice(at), fold(minutes.slice(0, at)))).toEqual(fold(minutes));
      }),
    );
  });
});
