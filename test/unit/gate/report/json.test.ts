import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../../../src/core/finding.ts";
import type { Verdict } from "../../../../src/core/verdict.ts";
import { render } from "../../../../src/gate/report/index.ts";
import { blocked, excused, hostile, options, safe, verdicts } from "./verdicts.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../../schema/verdict.schema.json", import.meta.url), "utf8"),
);
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
formatsModule.default(ajv);
const valid = ajv.compile(schema);

const parsed = (verdict: Verdict) => JSON.parse(render("json", verdict, options));
const check = (data: unknown) => (valid(data) ? [] : valid.errors);

describe("the schema", () => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])("accepts a verdict that is %s", (name) => {
    expect(check(parsed(verdicts[name]))).toEqual([]);
  });

  test.each<[string, object]>([
    ["another verdict", { verdict: "MAYBE" }],
    ["an exit code that is not the verdict's", { exitCode: 0 }],
    ["a blocked release that is releasable", { releasable: true }],
    ["no reason for a block", { reasons: [] }],
    ["a short commit", { commit: "3f2a9c1" }],
    ["a policy without digest", { policyDigest: "" }],
    ["a start that is no time", { startedAt: "yesterday" }],
    ["another time that is none", { at: "yesterday" }],
    ["findings that are none", { findings: [{}] }],
    ["a missing field", { branch: undefined }],
  ])("refuses %s", (_, change) => {
    expect(check(JSON.parse(JSON.stringify({ ...parsed(blocked), ...change })))).not.toEqual([]);
  });

  test("accepts an answer about another time", () => {
    const past = { ...safe, releasable: false, at: "2026-12-24T17:00:00.000Z" };
    expect(check(parsed(past))).toEqual([]);
    expect(check(parsed({ ...past, releasable: true }))).not.toEqual([]);
  });

  test("refuses a waived finding that nobody waived", () => {
    const data = parsed(excused);
    for (const finding of data.findings as Finding[]) Reflect.deleteProperty(finding, "waiver");
    expect(check(data)).not.toEqual([]);
  });

  test("describes every field that a verdict has", () => {
    const described = new Set(Object.keys(schema.properties));
    const ofFindings = new Set(Object.keys(schema.$defs.finding.properties));
    for (const verdict of Object.values(verdicts)) {
      expect(Object.keys(parsed(verdict)).filter((key) => !described.has(key))).toEqual([]);
      for (const finding of parsed(verdict).findings)
        expect(Object.keys(finding).filter((key) => !ofFindings.has(key))).toEqual([]);
    }
  });
});

test("the keys stand in the promised order", () => {
  const promised = [
    "schema",
    "verdict",
    "exitCode",
    "releasable",
    "for",
    "environment",
    "version",
    "commit",
    "branch",
    "policyDigest",
    "startedAt",
    "durationMs",
    "findings",
  ];
  const scrambled = Object.fromEntries(Object.entries(blocked).reverse()) as unknown as Verdict;
  for (const verdict of [blocked, scrambled]) {
    expect(Object.keys(parsed(verdict)).filter((key) => promised.includes(key))).toEqual(promised);
    const [finding] = parsed(verdict).findings;
    expect(Object.keys(finding).slice(0, 8)).toEqual([
      "check",
      "kind",
      "status",
      "message",
      "remedy",
      "durationMs",
      "attempts",
      "observation",
    ]);
  }
});

test("it is the verdict, with null for a remedy that is missing", () => {
  const expected = {
    ...hostile,
    findings: hostile.findings.map((finding) => ({ remedy: null, ...finding })),
  };
  expect(parsed(hostile)).toEqual(JSON.parse(JSON.stringify(expected)));
});

test("it is written for people, too", () => {
  expect(render("json", safe, options)).toMatch(
    /^\{\n {2}"schema": "release-sentinel\/verdict\/v1",\n {2}"verdict": "SAFE",\n/,
  );
});
