import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";
import { repository } from "../support/repository.ts";
import { tempFolder } from "../support/temp.ts";

/** A git that never answers, and a pull request, whose policy cannot be read without it. */
function hanging() {
  const folder = tempFolder();
  const mark = join(folder, "pid");
  writeFileSync(join(folder, "git"), `#!/bin/sh\necho $$ >>${mark}\nexec sleep 61\n`, { mode: 0o755 });
  const env = {
    PATH: `${folder}:${process.env["PATH"]}`,
    GITHUB_ACTIONS: "true",
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_REF: "refs/pull/1/merge",
    GITHUB_BASE_REF: "main",
  };
  const pids = () => (existsSync(mark) ? readFileSync(mark, "utf8").trim().split("\n").map(Number) : []);
  const isAlive = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("sleep");
    } catch {
      return false;
    }
  };
  return {
    cwd: repository({ origin: true }).path,
    env,
    started: () => pids().length > 0,
    alive: () => pids().filter(isAlive),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 25));
}

describe("a git that hangs before there is a policy", () => {
  it.each([
    ["check", ["--env", "prod", "--version", "v1.0.0"]],
    ["config validate", ["config", "validate"]],
    ["config show", ["config", "show"]],
    ["doctor", ["doctor"]],
  ])("ends %s with 2 when the time is up, and does not stay", async (_name, args) => {
    const { cwd, env, alive } = hanging();
    const ran = await cli([...args, "--timeout", "1"], { cwd, env });
    expect(ran.code, ran.all).toBe(2);
    expect(ran.stderr).toMatch(/^release-sentinel: .* within 1 s → .*--timeout 5min$/m);
    await expect.poll(alive).toEqual([]);
  });
  it.each([
    ["check", ["--env", "prod", "--version", "v1.0.0"]],
    ["config validate", ["config", "validate"]],
  ])("ends %s with 143 on SIGTERM, and does not stay", async (_name, args) => {
    const { cwd, env, started, alive } = hanging();
    const ran = await cli(args, {
      cwd,
      env,
      during: (child) => void until(started).then(() => child.kill("SIGTERM")),
    });
    expect(ran.code, ran.all).toBe(143);
    expect(ran.stderr).toContain("interrupted by SIGTERM");
    await expect.poll(alive).toEqual([]);
  });
});
