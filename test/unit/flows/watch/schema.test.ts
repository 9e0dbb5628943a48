import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import { describe, expect, it } from "vitest";
import { watch } from "../../../../src/flows/watch/watch.ts";
import type { WatchSettings } from "../../../../src/watch/settings.ts";
import { type Minute, scriptedSource, steppingClock, watched } from "../../../support/watch.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../../schema/watch.schema.json", import.meta.url), "utf8"),
);
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, strictTuples: false });
formatsModule.default(ajv);
const valid = ajv.compile(schema);
const problems = (data: unknown) => (valid(data) ? [] : valid.errors);

const arms: WatchSettings = {
  signals: { saturation: { query: "max(cpu)" } },
  canary: {
    max: "20min",
    baseline: { labels: { track: "stable" } },
    canary: { labels: { track: "canary" } },
  },
};

async function outcomeOf(settings: WatchSettings, minute: (arm: string, n: number) => Minute) {
  const clock = steppingClock();
  const source = scriptedSource(
    ({ arm, kind }, n) => (kind === "saturation" ? { level: 0.2 } : minute(arm, n)),
    clock,
  );
  return JSON.parse(JSON.stringify(await watch(watched(settings, source, clock).run)));
}

const well: Minute = { total: 6000, bad: 0 };
const bad: Minute = { total: 600, bad: 90 };
const since = (_arm: string, n: number) => (n >= 0 ? bad : well);

describe("the schema of watch's answer", () => {
  it.each<[string, WatchSettings, (arm: string, n: number) => Minute]>([
    ["passed", {}, () => well],
    ["breach", {}, since],
    ["unproven", {}, () => bad],
    ["no-data", {}, () => null],
    ["telemetry-error", {}, () => new Error("503")],
    ["promoted", arms, () => well],
    ["breach", arms, (arm) => (arm === "canary" ? bad : well)],
    ["undecided", arms, () => ({ total: 40, bad: 0 })],
  ])("accepts one that is %s", async (end, settings, minute) => {
    const outcome = await outcomeOf(settings, minute);
    expect(problems(outcome)).toEqual([]);
    expect(outcome.outcome).toBe(end);
  });

  it.each<[string, object]>([
    ["an end that there is not", { outcome: "fine" }],
    ["a breach with 0", { exitCode: 0 }],
    ["a breach that is to be promoted", { action: "promote" }],
    ["a breach without a reason", { reasons: [] }],
    ["a policy without digest", { policyDigest: "" }],
    ["a time that is none", { deployedAt: "yesterday" }],
    ["a reading that is none", { readings: [{}] }],
    ["a receipt that is none", { receipt: {} }],
    ["a missing field", { looks: undefined }],
  ])("refuses %s", async (_, change) => {
    const breach = await outcomeOf({}, since);
    expect(problems(JSON.parse(JSON.stringify({ ...breach, ...change })))).not.toEqual([]);
  });
});
