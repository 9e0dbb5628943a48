import { type FinalResults, Parser } from "tap-parser";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../../../src/core/verdict.ts";
import { render } from "../../../../src/gate/report/index.ts";
import {
  blocked,
  excused,
  finding,
  nothing,
  options,
  safe,
  tolerated,
  verdict,
  verdicts,
} from "./verdicts.ts";

const tap = (of: Verdict) => render("tap", of, options);

function parse(report: string): { results: FinalResults; extra: string[] } {
  const extra: string[] = [];
  let results: FinalResults | undefined;
  const parser = new Parser({ strict: true, passes: true }, (final) => {
    results = final;
  });
  parser.on("extra", (text: string) => extra.push(text));
  parser.end(report);
  if (!results) throw new Error("the parser did not end");
  return { results, extra };
}

describe("a strict parser", () => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])(
    "reads all of a verdict that is %s and comes to the same answer",
    (name) => {
      const of = verdicts[name];
      const { results, extra } = parse(tap(of));
      expect(extra).toEqual([]);
      expect(results.ok).toBe(of.exitCode === 0);
      expect(results.count).toBe(Math.max(1, of.findings.length));
      expect(results.bailout).toBe(false);
    },
  );
});

test("failures carry what is needed to mend them", () => {
  const { results } = parse(tap(blocked));
  expect(results.failures.map(({ name }) => name)).toContain("git.clean: Git working tree is dirty");
  expect(results.failures.find(({ name }) => String(name).startsWith("git.clean"))?.diag).toEqual({
    kind: "policy",
    status: "fail",
    message: "Git working tree is dirty",
    details: [" M src/index.ts", "?? notes.txt", "?? test/fixtures/a folder/with spaces.txt"],
    remedy: "git stash --include-untracked",
    durationMs: 41,
    attempts: 1,
  });
  expect(results.failures.find(({ name }) => String(name).startsWith("git.branch"))?.diag).toMatchObject({
    at: "release-sentinel.yaml:12",
  });
});

test("what was skipped says why", () => {
  expect(parse(tap(safe)).results.skips?.map(({ skip }) => skip)).toEqual(["git.tag did not pass"]);
});

test("what somebody let pass is not ok, does not count, and says who, why and until when", () => {
  const { results } = parse(tap(excused));
  expect(results.todos?.map(({ ok, todo }) => [ok, todo])).toEqual([
    [false, "waived by platform-team until 2026-12-01: signing keys are being replaced (OPS-311)"],
    [false, "shadow mode, would be fail, tried out by platform-team until 2026-12-31: trying it out"],
    [false, "opened by break-glass: rollback of a broken release, the payments team is informed"],
  ]);
  expect(parse(tap(tolerated)).results.todo).toBe(1);
});

test("nothing checked is no success", () => {
  expect(parse(tap(nothing)).results).toMatchObject({ ok: false, count: 1 });
});

test("messages come out of the parser as they went in", () => {
  const messages = [
    "# SKIP not really",
    "a \\ b \\# c",
    "a \\# SKIP forged",
    "not ok 2 - forged",
    "time=3ms # time=3ms",
    "-",
  ];
  const of = verdict(
    "BLOCKED",
    messages.map((message) => finding({ check: "git.branch", status: "fail", message })),
  );
  expect(parse(tap(of)).results.failures.map(({ name }) => name)).toEqual(
    messages.map((message) => `git.branch: ${message}`),
  );
});

test("a brace at the end of a message begins no subtest", () => {
  const findings = [1, 2].map((n) => finding({ check: "git.tag", status: "ok", message: `${n} {` }));
  const { results } = parse(tap(verdict("SAFE", findings)));
  expect(results).toMatchObject({ ok: true, count: 2, pass: 2 });
  expect(results.passes?.map(({ name }) => name)).toEqual(["git.tag: 1 {…", "git.tag: 2 {…"]);
});
