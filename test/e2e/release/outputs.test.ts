import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bin, cleanEnv } from "../../support/cli.ts";
import { tempFolder } from "../../support/temp.ts";
import { expectTagged, releaseWorld, version } from "./world.ts";

it.runIf(existsSync("/dev/full"))(
  "a release whose outcome cannot be written to stdout ends with 2, and later steps learn what was released",
  async () => {
    const world = await releaseWorld({ settings: "" });
    const output = join(tempFolder(), "output");
    const env = cleanEnv({
      ...world.env,
      ...{ GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_REF: "refs/heads/main" },
      ...{ GITHUB_SHA: world.commit, GITHUB_OUTPUT: output },
    });
    const full = openSync("/dev/full", "w");
    const args = ["release", "--env", "prod", "--version", version, "--tag", "--json"];
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args], {
      cwd: world.repo.path,
      env,
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect(status, stderr.toString()).toBe(2);
    expect(stderr.toString()).toContain("cannot write to standard output: ENOSPC");
    expectTagged(world);
    expect(readFileSync(output, "utf8")).toMatch(new RegExp(`^tag<<.*\\n${version}\\n`, "m"));
  },
);
