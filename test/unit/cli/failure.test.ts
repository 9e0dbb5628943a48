import { describe, expect, it } from "vitest";
import { errorJson, errorLine, failureOf, Stray, wishes } from "../../../src/cli/failure.ts";
import { Aborted } from "../../../src/core/check.ts";
import { SentinelError } from "../../../src/core/errors.ts";
import { Secrets } from "../../../src/core/mask.ts";

const asItIs = (text: string) => text;

describe("a run that fails", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s ends with %i, whatever the message says", (name, exitCode) => {
    const failure = failureOf(new Aborted("interrupt", "stopped: SIGTERM SIGINT", name), ["--env", "prod"]);
    expect(failure).toMatchObject({ code: "interrupted", exitCode });
    expect(failure.message).toContain("Run it again: release-sentinel --env prod");
    expect(errorJson(failure, new Secrets())).toBeUndefined();
  });
  it("through no fault of the user's is the tool's, with 2", () => {
    const failure = failureOf(new TypeError("x is not a function\u001b[2J"), []);
    expect(failure).toMatchObject({ code: "internal", exitCode: 2 });
    expect(errorLine(failure, "text", asItIs)).toMatch(
      /^release-sentinel: internal error, please report it: [^\n\u001b]*\n$/,
    );
  });
  it.each([
    ["an Error", new Error("no\nanswer"), "no\\nanswer (/srv/steps/page.mts:12)"],
    ["one without words", new TypeError(), "TypeError (/srv/steps/page.mts:12)"],
    ["something else", "nothing", "nothing"],
  ])("by %s that nothing waited for ends with 2, and says where without a stack", (_what, thrown, words) => {
    if (thrown instanceof Error)
      thrown.stack = `Error\n    at listOnTimeout (node:internal/timers:594:17)\n    at async tell (file:///srv/steps/page.mts:12:7)\n`;
    const failure = failureOf(new Stray(thrown), []);
    expect(failure).toMatchObject({ code: "internal", exitCode: 2 });
    expect(failure.message).toBe(`an error that nothing waited for ended the run: ${words}`);
  });
  it("says the same to people and to programs", () => {
    const error = new SentinelError("config-invalid", "a.yaml:1:1: wrong", "right it");
    const failure = failureOf(error, []);
    expect(errorLine(failure, "text", asItIs)).toBe("release-sentinel: a.yaml:1:1: wrong → right it\n");
    const said = { code: "config-invalid", message: "a.yaml:1:1: wrong", remedy: "right it", exitCode: 1 };
    expect(JSON.parse(errorLine(failure, "json", asItIs))).toMatchObject({ level: "ERROR", ...said });
    expect(JSON.parse(errorJson(failure, new Secrets()) ?? "")).toEqual({
      schema: "release-sentinel/error/v1",
      ...said,
    });
  });
  it("to write to stdout does not try that once more", () => {
    expect(
      errorJson(failureOf(new SentinelError("report-unwritable", "no room"), []), new Secrets()),
    ).toBeUndefined();
  });
});

it.each([
  [["--json"], true, "text"],
  [["--format", "json", "--log-format=json"], true, "json"],
  [["--log-format", "json", "--format", "tap"], false, "json"],
  [["--report", "json=a"], false, "text"],
] as const)("%j asks for errors as JSON: stdout %s, stderr %s", (argv, json, logFormat) => {
  expect(wishes(argv)).toEqual({ json, logFormat });
});
