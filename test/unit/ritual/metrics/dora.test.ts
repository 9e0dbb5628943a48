import { describe, expect, it } from "vitest";
import type { LedgerRecord } from "../../../../src/ritual/metrics/deploys.ts";
import { dora } from "../../../../src/ritual/metrics/dora.ts";
import type { DoraInput, ReleasedChanges } from "../../../../src/ritual/metrics/types.ts";
import { doraLines } from "../../../../src/ritual/metrics/words.ts";

const dayMs = 86_400_000;
const end = Date.parse("2026-11-21T00:00:00Z");
/** So many days before the end. */
const ago = (days: number) => end - days * dayMs;

function record(at: number, kind: string, outcome: string | null, more: Partial<LedgerRecord["entry"]> = {}) {
  const entry = {
    ...{ kind, command: kind, environment: "prod", version: "v1.0.0", commit: null },
    ...{ data: { outcome }, ...more },
  };
  return { time: new Date(at).toISOString(), entry };
}

const deploy = (at: number, outcome = "deployed", version = "v1.0.0", environment = "prod") =>
  record(at, "apply", outcome, { version, environment });
const verdict = (at: number, version = "v1.0.0") =>
  record(at, "verdict", null, { command: "apply", version });
const rollback = (at: number, outcome = "returned") => record(at, "rollback", outcome, { version: "v0.9.0" });

function release(tag: string, at: number, written: readonly number[] | null): ReleasedChanges {
  return { tag, commit: tag.padEnd(40, "0"), at, written };
}

function numbers(over: Partial<DoraInput> = {}) {
  return dora({
    window: { from: ago(90), to: end },
    environment: "prod",
    ledger: null,
    releases: [],
    failureWithinMs: dayMs,
    ...over,
  });
}

/** Old enough for a frequency. */
const beginning = record(ago(365), "note", null);

describe("deployment frequency", () => {
  it("is the good deploys of the environment in the window, a day", () => {
    const ledger = [
      beginning,
      deploy(ago(91)),
      ...[80, 60, 40, 20, 10, 5, 3, 2, 1].map((days) => deploy(ago(days))),
      deploy(ago(4), "rolled-back"),
      deploy(ago(4), "blocked"),
      deploy(ago(4), "deployed", "v1.0.0", "stage"),
      rollback(ago(1)),
    ];
    expect(numbers({ ledger }).deploymentFrequency).toEqual({
      value: 0.1,
      unit: "per day",
      samples: 9,
      window: { from: "2026-08-23T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" },
      source: "ledger",
      basis: "9 deploys that ended well in 90 days",
    });
  });

  it("is that of release tags where no deploys are recorded, and says so", () => {
    const releases = [200, 30, 10, 5].map((days, i) => release(`v1.${i}.0`, ago(days), []));
    for (const ledger of [null, [beginning]]) {
      expect(numbers({ releases, ledger }).deploymentFrequency).toMatchObject({
        value: 3 / 90,
        samples: 3,
        source: "tags",
        basis: ledger
          ? "3 release tags in 90 days, for the ledger has no deploys"
          : "3 release tags in 90 days, for there is no ledger",
      });
    }
  });

  it("counts from the record's beginning where that is in the window", () => {
    const ledger = [deploy(ago(10)), deploy(ago(5))];
    expect(numbers({ ledger }).deploymentFrequency).toMatchObject({ value: 0.2, samples: 2 });
  });

  it("is nothing where the record is shorter than a week", () => {
    const ledger = [deploy(ago(3)), deploy(ago(1))];
    expect(numbers({ ledger }).deploymentFrequency).toMatchObject({
      value: null,
      samples: 2,
      basis: "2 deploys that ended well; the record is only 3 days long, and 7 days are needed",
    });
  });

  it("is zero where there is a record, and nothing in the window", () => {
    expect(numbers({ ledger: [deploy(ago(100))] }).deploymentFrequency).toMatchObject({
      value: 0,
      samples: 0,
    });
  });
});

describe("lead time for changes", () => {
  const releases = [
    release("v0.9.0", ago(120), []),
    release("v1.0.0", ago(20), [ago(24), ago(22)]),
    release("v1.1.0", ago(10), [ago(11)]),
  ];

  it("is the median from writing a commit until its release's first good deploy", () => {
    const ledger = [
      beginning,
      deploy(ago(19), "rolled-back", "v1.0.0"),
      deploy(ago(18), "deployed", "v1.0.0"),
      deploy(ago(9), "deployed", "v1.1.0"),
      deploy(ago(1), "deployed", "v1.0.0"),
    ];
    // 6 and 4 days for the first, 2 for the second.
    expect(numbers({ releases, ledger }).leadTimeForChanges).toMatchObject({
      value: (4 * dayMs) / 1000,
      samples: 3,
      source: "ledger",
      basis: "3 commits of 2 releases, from when they were written until their first deploy that ended well",
    });
  });

  it("counts what was never deployed by itself from the deploy of a later release that holds it", () => {
    const ledger = [beginning, deploy(ago(9), "deployed", "v1.1.0")];
    // 15, 13 and 2 days.
    expect(numbers({ releases, ledger }).leadTimeForChanges).toMatchObject({
      value: (13 * dayMs) / 1000,
      samples: 3,
    });
  });

  it("does not count what is not deployed yet", () => {
    const ledger = [beginning, deploy(ago(18), "deployed", "v1.0.0")];
    expect(numbers({ releases, ledger }).leadTimeForChanges).toMatchObject({ samples: 2 });
  });

  it("goes to the tag where no deploys are recorded", () => {
    expect(numbers({ releases }).leadTimeForChanges).toMatchObject({
      value: (2 * dayMs) / 1000,
      samples: 3,
      source: "tags",
      basis: expect.stringContaining("until their release's tag, for there is no ledger"),
    });
  });

  it("leaves out what a wrong clock dated later, and what the clone does not hold", () => {
    const odd = [release("v1.0.0", ago(20), [ago(19), ago(21)]), release("v1.1.0", ago(10), null)];
    expect(numbers({ releases: odd }).leadTimeForChanges).toMatchObject({
      value: dayMs / 1000,
      samples: 1,
      basis: expect.stringContaining(
        "left out: 1 commit that is dated later than that; left out: 1 release whose commits are not all in this clone",
      ),
    });
  });

  it("is nothing without a release in the window", () => {
    expect(numbers({ releases: releases.slice(0, 1) }).leadTimeForChanges).toMatchObject({
      value: null,
      samples: 0,
      source: "none",
    });
  });
});

describe("change failure rate", () => {
  const rate = (...ledger: LedgerRecord[]) => numbers({ ledger: [beginning, ...ledger] }).changeFailureRate;

  it("is the share of deploys that were rolled back, or could not be", () => {
    expect(
      rate(deploy(ago(9)), deploy(ago(8), "rolled-back"), deploy(ago(7)), deploy(ago(6), "roll-back-failed")),
    ).toMatchObject({
      value: 0.5,
      samples: 4,
      source: "ledger",
      basis: "2 of 4 deploys failed or were rolled back soon after",
    });
  });

  it("counts a roll back soon after, and not a late one", () => {
    expect(rate(deploy(ago(9)), rollback(ago(8.5)))).toMatchObject({ value: 1, samples: 1 });
    expect(rate(deploy(ago(9)), rollback(ago(7)))).toMatchObject({ value: 0, samples: 1 });
  });

  it("gives a roll back to the deploy that was live, not to one that had gone back by itself", () => {
    const ledger = [deploy(ago(9)), deploy(ago(8.9), "rolled-back"), rollback(ago(8.8))];
    expect(rate(...ledger)).toMatchObject({ value: 1, samples: 2 });
  });

  it("gives two roll backs in a row to one deploy", () => {
    const ledger = [deploy(ago(9.5)), deploy(ago(9)), rollback(ago(8.9)), rollback(ago(8.8))];
    expect(rate(...ledger)).toMatchObject({ value: 0.5, samples: 2 });
  });

  it("gives a roll back after a pin to nobody's deploy", () => {
    const pin = record(ago(8.9), "pin", "pinned");
    expect(rate(deploy(ago(9)), pin, rollback(ago(8.8)))).toMatchObject({ value: 0, samples: 1 });
  });

  it("does not take a pin for a failure, nor what changed nothing for a deploy", () => {
    const pin = record(ago(8.9), "pin", "pinned");
    const nothing = ["blocked", "withheld", "nothing-applied", "critical", "planned", "odd"];
    expect(rate(deploy(ago(9)), pin, ...nothing.map((outcome) => deploy(ago(8), outcome)))).toMatchObject({
      value: 0,
      samples: 1,
    });
  });

  it("leaves out a deploy of which nobody knows whether it was well, unless it was rolled back", () => {
    expect(rate(deploy(ago(9)), deploy(ago(8), "unproven"))).toMatchObject({
      value: 0,
      samples: 1,
      basis: expect.stringContaining("left out: 1 deploy whose end is not known"),
    });
    expect(rate(deploy(ago(8), "unproven"), rollback(ago(7.9)))).toMatchObject({ value: 1, samples: 1 });
  });

  it("is nothing without deploys: tags do not tell", () => {
    expect(numbers({ releases: [release("v1.0.0", ago(5), [])] }).changeFailureRate).toMatchObject({
      value: null,
      samples: 0,
      source: "none",
      basis: "there is no ledger",
    });
  });
});

describe("time to restore", () => {
  const restore = (...ledger: LedgerRecord[]) => numbers({ ledger: [beginning, ...ledger] }).timeToRestore;
  const hours = (n: number) => n * 3600;

  it("is from the gate's word until what was rolled back by itself was back", () => {
    expect(restore(verdict(ago(9)), deploy(ago(9) + hours(1) * 1000, "rolled-back"))).toMatchObject({
      value: hours(1),
      samples: 1,
      source: "ledger",
    });
  });

  it("begins where the deploy itself says so, whatever was judged before", () => {
    const startedAt = new Date(ago(9)).toISOString();
    const failed = record(ago(9) + hours(2) * 1000, "apply", null, {
      data: { outcome: "rolled-back", startedAt },
    });
    expect(restore(failed)).toMatchObject({ value: hours(2), samples: 1 });
    expect(restore(verdict(ago(9) + hours(1) * 1000), failed)).toMatchObject({ value: hours(2) });
  });

  it("does not take another deploy's verdict for a beginning, nor one of days ago", () => {
    const other = restore(verdict(ago(9)), deploy(ago(8.99)), deploy(ago(8.98), "rolled-back"));
    const old = restore(verdict(ago(9)), deploy(ago(7), "rolled-back"));
    for (const measure of [other, old]) {
      expect(measure).toMatchObject({ value: null, basis: expect.stringContaining("is not recorded") });
    }
  });

  it("is from a deploy until somebody had rolled it back", () => {
    expect(restore(deploy(ago(9)), rollback(ago(9) + hours(2) * 1000))).toMatchObject({ value: hours(2) });
  });

  it("goes on to the next good thing when the way back fails too", () => {
    const broken = deploy(ago(9), "roll-back-failed");
    const at = (n: number) => ago(9) + hours(n) * 1000;
    expect(
      restore(broken, rollback(at(1), "roll-back-failed"), deploy(at(2), "unproven"), deploy(at(3))),
    ).toMatchObject({ value: hours(3), samples: 1 });
  });

  it("is the median, and says what is not mended and what is not recorded", () => {
    expect(
      restore(
        deploy(ago(9)),
        rollback(ago(9) + hours(1) * 1000),
        deploy(ago(8)),
        rollback(ago(8) + hours(4) * 1000),
        deploy(ago(7), "rolled-back"),
        deploy(ago(6), "roll-back-failed"),
      ),
    ).toMatchObject({
      value: hours(2.5),
      samples: 2,
      basis:
        "2 failed deploys that were mended; left out: 1 failure that is not mended yet, 1 failure whose beginning is not recorded",
    });
  });

  it("is nothing where nothing failed", () => {
    expect(restore(deploy(ago(9)))).toMatchObject({ value: null, samples: 0, source: "none" });
  });
});

describe("whose deploys count", () => {
  const ledger = [beginning, deploy(ago(9)), deploy(ago(8), "deployed", "v1.0.0", "stage")];

  it("are those of the environment that is named", () => {
    expect(numbers({ ledger, environment: "stage" })).toMatchObject({
      environment: "stage",
      changeFailureRate: { samples: 1 },
    });
  });

  it("are those of the only environment where none is named", () => {
    const one = ledger.slice(0, 2);
    expect(numbers({ ledger: one, environment: null }).environment).toBe("prod");
  });

  it("are nobody's where it could be several: that is said", () => {
    expect(numbers({ ledger, environment: null })).toMatchObject({
      environment: null,
      changeFailureRate: {
        value: null,
        basis: "the ledger has deploys to 2 environments, and none is named",
      },
    });
  });

  it("are none that come after the window, and none with a time that is none", () => {
    const odd = [deploy(end + 1), { ...deploy(ago(1)), time: "yesterday" }];
    expect(numbers({ ledger: odd }).changeFailureRate.samples).toBe(0);
  });
});

describe("the numbers in words", () => {
  it("are a line each, with what they were computed from", () => {
    const releases = [release("v0.9.0", ago(365), []), release("v1.0.0", ago(20), [ago(24)])];
    const ledger = [beginning, deploy(ago(9), "roll-back-failed"), deploy(ago(8.5))];
    expect(doraLines(numbers({ releases, ledger }))).toEqual([
      "Deployment frequency: 0.011 a day (1 deploy that ended well in 90 days)",
      "Lead time for changes: 16 days (1 commit of 1 release, from when they were written until their first deploy that ended well)",
      "Change failure rate: 50 % (1 of 2 deploys failed or was rolled back soon after)",
      "Time to restore: 12 h (1 failed deploy that was mended)",
    ]);
    expect(doraLines(numbers())[3]).toBe("Time to restore: not known (there is no ledger)");
  });
});
