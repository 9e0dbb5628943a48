import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formatsModule from "ajv-formats";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../../../src/core/verdict.ts";
import { render } from "../../../../src/gate/report/index.ts";
import {
  blocked,
  critical,
  excused,
  finding,
  hostile,
  nothing,
  options,
  safe,
  tolerated,
  verdict,
  verdicts,
  warned,
} from "./verdicts.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../fixtures/schemas/sarif-2.1.0.json", import.meta.url), "utf8"),
);
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formatsModule.default(ajv);
const valid = ajv.compile(schema);

const run = (of: Verdict) => JSON.parse(render("sarif", of, options)).runs[0];

describe("the official schema", () => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])(
    "accepts the log of a verdict that is %s",
    (name) => {
      valid(JSON.parse(render("sarif", verdicts[name], options)));
      expect(valid.errors).toBeNull();
    },
  );

  test("refuses what is no log", () => {
    expect(valid({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
  });
});

describe("results", () => {
  test("are only what somebody should look at: GitHub opens an alert for each, whatever its kind", () => {
    expect(run(safe).results).toEqual([]);
    expect(run(blocked).results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual([
      "env.allowed",
      "git.clean",
      "env.variables",
      "git.branch",
    ]);
  });

  test("have the level of their weight; what is open has none of its own, but its rule's", () => {
    const shown = run(critical).results.map(({ ruleId, kind, level }: Record<string, string>) => [
      ruleId,
      kind,
      level,
    ]);
    expect(shown).toEqual([
      ["host.memory", "fail", "error"],
      ["http.api", "fail", "error"],
      ["process.required", "open", undefined],
      ["host.disk", "fail", "warning"],
    ]);
    expect(run(critical).tool.driver.rules.at(-2).defaultConfiguration).toEqual({ level: "error" });
    expect(run(tolerated).tool.driver.rules.at(-1).defaultConfiguration).toEqual({ level: "warning" });
  });

  test("that somebody let pass are suppressed, with the reason, and never fail a pull request", () => {
    const results = run(excused).results;
    expect(results.map(({ level }: { level: string }) => level)).toEqual(["note", "note", "note"]);
    expect(results.map((result: { suppressions: object[] }) => result.suppressions)).toEqual([
      [
        {
          kind: "external",
          status: "accepted",
          justification:
            "waived by platform-team until 2026-12-01: signing keys are being replaced (OPS-311)",
        },
      ],
      [
        {
          kind: "external",
          status: "accepted",
          justification:
            "shadow mode, would be fail, tried out by platform-team until 2026-12-31: trying it out",
        },
      ],
      [
        {
          kind: "external",
          status: "accepted",
          justification: "opened by break-glass: rollback of a broken release, the payments team is informed",
        },
      ],
    ]);
  });

  test("point at their rule", () => {
    for (const of of Object.values(verdicts)) {
      const { results, tool } = run(of);
      for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
    }
  });

  test("have a text that holds no link", () => {
    for (const { message } of run(hostile).results) expect(message.text).not.toContain("](");
  });

  test("have one even when nothing was checked", () => {
    expect(run(nothing).results).toMatchObject([
      { ruleId: "verdict", kind: "open", message: { text: "nothing was checked" } },
    ]);
  });
});

describe("places", () => {
  const place = (of: Verdict) => run(of).results[0].locations[0].physicalLocation;
  const failed = (told: object, policy = {}) =>
    verdict("BLOCKED", [finding({ check: "git.branch", status: "fail", message: "x", ...told })], policy);

  test("are the finding's own", () => {
    expect(place(failed({ location: { file: "src/a b#c.ts", line: 12 } }))).toEqual({
      artifactLocation: { uri: "src/a%20b%23c.ts" },
      region: { startLine: 12 },
    });
    expect(place(failed({ location: { file: "C:\\x\\y.ts" } })).artifactLocation.uri).toBe(
      "file:///C:/x/y.ts",
    );
    expect(place(failed({ location: { file: "/etc/hosts" } })).artifactLocation.uri).toBe(
      "file:///etc/hosts",
    );
  });

  test("else the policy's file", () => {
    expect(place(failed({}, { policySource: "ci/gate.yaml at origin/main" })).artifactLocation.uri).toBe(
      "ci/gate.yaml",
    );
    expect(place(failed({}, { policySource: "built-in default" }))).toEqual({
      artifactLocation: { uri: "release-sentinel.yaml" },
      region: { startLine: 1 },
    });
  });
});

describe("fingerprints", () => {
  const prints = (of: Verdict) =>
    run(of).results.map(
      (result: { partialFingerprints: Record<string, string> }) =>
        result.partialFingerprints["primaryLocationLineHash"],
    );

  test("tell all results apart", () => {
    expect(new Set(prints(hostile)).size).toBe(run(hostile).results.length);
  });

  test("stay the same when only the measured number changes", () => {
    const disk = (percent: number) =>
      verdict("SAFE", [
        finding({ check: "host.disk", subject: "/", status: "warn", message: `Disk WARNING: ${percent}%` }),
      ]);
    expect(prints(disk(80))).toEqual(prints(disk(81)));
    expect(prints(disk(80))).not.toEqual(prints(warned));
  });
});

test("what passed, was skipped or noticed is told as a notification of the run", () => {
  const { invocations } = run(safe);
  const told = invocations[0].toolExecutionNotifications.map(
    (item: { level: string; message: { text: string } }) => [item.level, item.message.text],
  );
  expect(told).toContainEqual(["none", "ok: Git working tree is clean"]);
  expect(told).toContainEqual(["note", "Shallow clone: deepened to 412 commits"]);
  expect(told).toContainEqual(["none", "skipped: git.tag did not pass"]);
  expect(invocations[0]).toMatchObject({
    exitCode: 0,
    startTimeUtc: "2026-11-21T08:33:20.268Z",
    endTimeUtc: "2026-11-21T08:33:21.502Z",
  });
});

test("environments are kept apart", () => {
  expect(run(blocked).automationDetails.id).toBe("release-sentinel/production/");
});
