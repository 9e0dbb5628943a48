import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { argvOf, type Job } from "../../../../src/cli/action/argv.ts";
import { inputNames, modes, takeInputs } from "../../../../src/cli/action/inputs.ts";
import { parse as parseArguments } from "../../../../src/cli/program.ts";
import { root } from "../../../support/cli.ts";
import { actionProblems } from "../../../support/workflow.ts";

const text = readFileSync(join(root, "action.yml"), "utf8");
const action = parse(text) as {
  inputs: Record<string, { description: string; default?: string }>;
  runs: { using: string; main: string };
};
const nothing = { tag: null, pullRequest: false, version: null };

function argv(given: Readonly<Record<string, string>>, job: Partial<Job> = {}): string[] {
  const env = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  return argvOf(takeInputs(env), { ...nothing, ...job });
}

describe("action.yml", () => {
  it("is one by GitHub's own parser, for Node 24", () => {
    expect(actionProblems(text)).toEqual([]);
    expect(action.runs).toEqual({ using: "node24", main: "action/index.cjs" });
  });

  it("has exactly the inputs that are read, each described", () => {
    expect(Object.keys(action.inputs).sort()).toEqual([...inputNames].sort());
    for (const mode of modes) expect(action.inputs["mode"]?.description).toContain(`${mode}:`);
  });
});

describe("inputs as a command line", () => {
  it("check is the default, judged as for a pull request where no version is named", () => {
    expect(argv({ env: "prod" })).toEqual(["check", "--env=prod", "--for=pull-request"]);
    expect(argv({}, { pullRequest: true })).toEqual(["check"]);
    expect(argv({}, { version: "v1.0.0" })).toEqual(["check"]);
    expect(argv({ args: "--version v1.0.0" })).toEqual(["check", "--version", "v1.0.0"]);
    expect(argv({ args: "--from verdict.json" })).toEqual(["check", "--from", "verdict.json"]);
  });

  it("a tag's build is about that tag, unless a version is named", () => {
    expect(argv({}, { tag: "v1.0.0" })).toEqual(["check", "--version=v1.0.0"]);
    expect(argv({ version: "v2.0.0" }, { tag: "v1.0.0" })).toEqual(["check", "--version=v2.0.0"]);
    expect(argv({ command: "ritual" }, { tag: "v1.0.0" })).toEqual(["ritual", "--tag=v1.0.0"]);
    expect(argv({ command: "release" }, { tag: "v1.0.0" })).toEqual(["release", "--version=v1.0.0"]);
    expect(argv({ command: "rollback", env: "prod" }, { tag: "v1.0.0" })).toEqual(["rollback", "--env=prod"]);
  });

  it("a VERSION that is not the tag which is built is refused where the answer is about it", () => {
    const job = { tag: "v1.1.0", version: "v9.9.9" };
    for (const command of ["check", "release", "apply", "ritual"])
      expect(() => argv({ command }, job)).toThrow(
        "VERSION is v9.9.9, and this is the build of the tag v1.1.0",
      );
    expect(argv({ version: "v9.9.9" }, job)).toEqual(["check", "--version=v9.9.9"]);
    expect(argv({}, { ...job, version: "v1.1.0" })).toEqual(["check"]);
    expect(argv({ command: "env" }, job)).toEqual(["env"]);
  });

  it("several are one a line, switches are YAML's words", () => {
    const given = { report: "junit=a.xml\r\n\r\n json=b.json ", all: "true", "dry-run": "False" };
    expect(argv(given, { version: "v1.0.0" })).toEqual([
      "check",
      "--report=junit=a.xml",
      "--report=json=b.json",
      "--all",
    ]);
  });

  it("no tag of this build's for another repository, whose versions are its own", () => {
    expect(argv({ command: "release", repo: "acme/lib" }, { tag: "v1.0.0" })).toEqual([
      "release",
      "--repo=acme/lib",
    ]);
    expect(argv({ repo: "acme/lib" }, { tag: "v1.0.0" })).toEqual(["check", "--repo=acme/lib"]);
  });

  it("no flag in the command", () => {
    expect(() => argv({ command: "check --only git.version" })).toThrow(
      "the input command has a flag in it: --only",
    );
  });

  it("a command of two words, in a workflow's own spacing", () => {
    expect(argv({ command: " preview\n cleanup ", pr: "12" })).toEqual(["preview", "cleanup", "--pr=12"]);
    expect(argv({ command: "preview sweep" })).toEqual(["preview", "sweep"]);
  });

  it("an input that the command has no use for is refused", () => {
    expect(() => argv({ command: "notes", driver: "compose" })).toThrow(
      "the input driver is nothing that notes takes",
    );
    expect(() => argv({ command: "ritual", version: "v1.0.0", all: "true" })).toThrow("the input all");
  });

  it("what comes of it is understood by the command line", () => {
    for (const words of [
      argv({
        env: "prod",
        version: "v1.0.0",
        only: "git.*",
        report: "json=a.json",
        all: "true",
        for: "deploy",
      }),
      argv({
        command: "release",
        env: "prod",
        version: "v1.0.0",
        asset: "dist/*\ndocs/*",
        "allow-warnings": "true",
      }),
      argv({ command: "apply", env: "prod", version: "v1.0.0", driver: "kubernetes", manifest: "k8s/" }),
      argv({ command: "preview cleanup", pr: "12" }),
      argv({ command: "ritual", version: "v1.0.0", env: "prod" }),
    ])
      expect(() => parseArguments(words), words.join(" ")).not.toThrow();
  });

  it("takes every input out of the environment, also those that it does not know", () => {
    const env: NodeJS.ProcessEnv = { INPUT_ENV: "prod", INPUT_TOKEN: "x", "INPUT_OLD-ONE": "y", HOME: "/h" };
    takeInputs(env);
    expect(env).toEqual({ HOME: "/h" });
  });
});
