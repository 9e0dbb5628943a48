import { describe, expect, it } from "vitest";
import { pointsOf } from "../../../../src/ritual/metrics/points.ts";
import type { Dora, Measure } from "../../../../src/ritual/metrics/types.ts";
import { release } from "../../flows/ritual/world.ts";

const at = Date.parse("2026-11-21T12:00:00Z");
const window = { from: "2026-08-23T12:00:00Z", to: "2026-11-21T12:00:00Z" };
const measure = (value: number | null, samples: number, unit: Measure["unit"]): Measure => ({
  ...{ value, samples, unit, window, source: "ledger", basis: "" },
});
const dora: Dora = {
  environment: "prod",
  deploymentFrequency: measure(0.5, 45, "per day"),
  leadTimeForChanges: measure(3600, 90, "seconds"),
  changeFailureRate: measure(0, 45, "ratio"),
  timeToRestore: measure(null, 0, "seconds"),
};
const told = { release, dora, commits: 7, leadTime: 1800, deploys: [], labels: {}, at };

const names = (points: ReturnType<typeof pointsOf>) =>
  points.map(({ name, value }) => `${name.replace("release_sentinel_", "")} ${value}`);

describe("the points of a release", () => {
  it("are the release itself and the DORA numbers that there are, each with its sample size", () => {
    expect(names(pointsOf(told))).toEqual([
      "releases_total 1",
      `release_tagged_timestamp_seconds ${Date.parse("2026-11-21T10:00:00Z") / 1000}`,
      "release_commits 7",
      "release_lead_time_seconds 1800",
      "dora_deployment_frequency_per_day 0.5",
      "dora_samples 45",
      "dora_lead_time_for_changes_seconds 3600",
      "dora_samples 90",
      "dora_change_failure_ratio 0",
      "dora_samples 45",
      "dora_samples 0",
    ]);
  });

  it("all say of which version, repository and environment they are", () => {
    const points = pointsOf({ ...told, labels: { team: "shop", "bad-name": "x", version: "mine" } });
    for (const { labels } of points) {
      expect(labels).toMatchObject({
        ...{ repository: "acme/shop", environment: "prod", version: "v1.2.3" },
        ...{ team: "shop", bad_name: "x" },
      });
    }
    const series = points.map(({ name, labels }) => JSON.stringify([name, labels]));
    expect(new Set(series).size).toBe(series.length);
  });

  it("leave out what is not known", () => {
    const bare = { ...release, repository: null, environment: null };
    const unknown = {
      ...told,
      release: bare,
      dora: { ...dora, environment: null },
      commits: null,
      leadTime: null,
    };
    const points = pointsOf(unknown);
    expect(names(points).slice(0, 3)).toEqual([
      "releases_total 1",
      expect.stringContaining("timestamp"),
      "dora_deployment_frequency_per_day 0.5",
    ]);
    expect(points[1]?.labels).toEqual({ version: "v1.2.3" });
  });

  it("count the deploys of this version by their result", () => {
    const deploy = { command: "apply", environment: "prod", version: "v1.2.3", commit: null } as const;
    const deploys = [
      { ...deploy, began: at - 9000, ended: at - 8000, outcome: "rolled-back" },
      { ...deploy, began: at - 5000, ended: at - 2000, outcome: "good" },
      { ...deploy, version: "v1.2.2", began: null, ended: at - 9999, outcome: "good" },
    ] as const;
    const points = pointsOf({ ...told, deploys }).filter(({ name }) => name.includes("deploy"));
    expect(
      points.map(({ name, labels, value, kind, since }) => [name, labels["result"], value, kind, since]),
    ).toEqual([
      ["release_sentinel_deploys_total", "failed", 1, "sum", at - 9000],
      ["release_sentinel_deploys_total", "ok", 1, "sum", at - 9000],
      ["release_sentinel_deploy_duration_seconds", undefined, 3, "gauge", undefined],
      ["release_sentinel_dora_deployment_frequency_per_day", undefined, 0.5, "gauge", undefined],
    ]);
  });

  it("have names of their own in a rehearsal, so that no graph counts them", () => {
    for (const { name, labels } of pointsOf({ ...told, release: { ...release, rehearsal: true } })) {
      expect(name).toMatch(/^release_sentinel_rehearsal_/);
      expect(labels["rehearsal"]).toBe("true");
    }
  });

  it("never begin after their own time, whatever the tagger's clock said", () => {
    const late = { ...release, taggedAt: "2027-01-01T00:00:00Z" };
    expect(pointsOf({ ...told, release: late })[0]).toMatchObject({ since: at, at });
  });
});
