import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
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

const schema = readFileSync(new URL("../../../fixtures/schemas/junit.xsd", import.meta.url), "utf8");
const junit = (of: Verdict) => render("junit", of, options);
const numbers = (xml: string) =>
  /<testsuite name="[^"]*" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)"/
    .exec(xml)
    ?.slice(1)
    .map(Number);

describe("Jenkins' schema", () => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])(
    "accepts the report of a verdict that is %s",
    async (name) => {
      const xml = [{ fileName: "report.xml", contents: junit(verdicts[name]) }];
      const { valid, errors } = await validateXML({
        xml,
        schema: [{ fileName: "junit.xsd", contents: schema }],
      });
      expect(errors).toEqual([]);
      expect(valid).toBe(true);
    },
  );
});

test("failures, errors and skips are counted as they are written", () => {
  expect(numbers(junit(blocked))).toEqual([6, 4, 0, 1]);
  expect(numbers(junit(critical))).toEqual([7, 2, 1, 0]);
  expect(numbers(junit(excused))).toEqual([8, 0, 0, 3]);
  for (const of of Object.values(verdicts)) {
    const xml = junit(of);
    const written = ["<testcase ", "<failure ", "<error ", "<skipped "].map(
      (tag) => xml.split(tag).length - 1,
    );
    expect(numbers(xml)).toEqual(written);
  }
});

test("the suite is red exactly when the verdict is not safe", () => {
  for (const of of Object.values(verdicts)) {
    const [, failures = 0, errors = 0] = numbers(junit(of)) ?? [];
    expect(failures + errors > 0).toBe(of.exitCode !== 0);
  }
  expect(junit(nothing)).toContain('<error type="unknown" message="nothing was checked">');
});

test("a failure tells its story: message, details, remedy", () => {
  expect(junit(blocked)).toContain(
    '    <testcase classname="policy.git.clean" name="git.clean" time="0.041">\n' +
      '      <failure type="fail" message="Git working tree is dirty">Git working tree is dirty\n' +
      " M src/index.ts\n?? notes.txt\n?? test/fixtures/a folder/with spaces.txt\n→ git stash --include-untracked</failure>\n",
  );
});

test("warnings and notices pass and are told", () => {
  expect(junit(warned)).toContain(
    "<system-out>warn: Disk WARNING: 80.1%\n→ docker system prune --volumes</system-out>",
  );
  expect(junit(safe)).toContain("<system-out>notice: Shallow clone: deepened to 412 commits</system-out>");
});

test("an answer that could not be had, where the policy lets it pass, is skipped and never passed", () => {
  expect(junit(tolerated)).toContain(
    '<skipped type="unknown" message="could not be found out, which this policy makes a warning; no answer within 30 s">',
  );
});

test("names do not change with what was measured, and no two are the same", () => {
  const twice = verdict("SAFE", [
    finding({ check: "git.tag", status: "ok", message: "local" }),
    finding({ check: "git.tag", status: "ok", message: "origin" }),
  ]);
  const names = (of: Verdict) =>
    [...junit(of).matchAll(/<testcase classname="[^"]*" name="([^"]*)"/g)].map(([, name]) => name);
  expect(names(twice)).toEqual(["git.tag", "git.tag #2"]);
  expect(new Set(names(hostile)).size).toBe(hostile.findings.length);
});
