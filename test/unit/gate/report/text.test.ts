import { expect, test } from "vitest";
import { render } from "../../../../src/gate/report/index.ts";
import { blocked, excused, hostile, options, safe, tolerated, warned } from "./verdicts.ts";

const lines = (text: string) => text.trimEnd().split("\n");

test("a finding is a line with its status, and what belongs to it stands indented below", () => {
  expect(render("text", blocked, options)).toBe(
    [
      "release-sentinel 0.1.0: v1.4.2 for production (release), commit 3f2a9c1d4b5e, branch feature/test, policy built-in default",
      "fail        env.allowed: Invalid environment: production",
      "            → use one of dev, stage, prod: --env prod",
      "ok          git.repository: Inside a Git repository",
      "fail        git.clean: Git working tree is dirty",
      "               M src/index.ts",
      "              ?? notes.txt",
      "              ?? test/fixtures/a folder/with spaces.txt",
      "            → git stash --include-untracked",
      "fail        env.variables (RS_REQUIRED_PROCESS): Missing required env var: RS_REQUIRED_PROCESS",
      "            → export RS_REQUIRED_PROCESS=nginx",
      "fail        git.branch: Releases blocked from branch: feature/test",
      "            → git switch main",
      "skipped     git.signed: git.tag did not pass",
      "1 ok, 1 skipped, 4 fail, in 96 ms",
      "Release BLOCKED (policy): Invalid environment: production; Git working tree is dirty; Missing required env var: RS_REQUIRED_PROCESS; Releases blocked from branch: feature/test",
      "",
    ].join("\n"),
  );
});

test("the last line is the stable sentence", () => {
  for (const verdict of [safe, warned, excused])
    expect(lines(render("text", verdict, options)).at(-1)).toBe("Release validation PASSED");
});

test("a warning says that the release needs leave", () => {
  expect(lines(render("text", warned, options)).at(-2)).toBe(
    "safe, but not releasable without --allow-warnings",
  );
});

test("what was left out is said", () => {
  expect(render("text", tolerated, options)).toContain("\nleft out: git.tag, host.memory\n");
});

test("text from outside cannot begin a line of its own", () => {
  const statuses = /^(ok|notice|warn|fail|unknown|skipped|waived|shadow|break-glass) +/;
  const own = lines(render("text", hostile, options)).filter((line) => statuses.test(line));
  expect(own).toHaveLength(hostile.findings.length);
});
