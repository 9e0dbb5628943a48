import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { expect, it } from "vitest";
import { bin } from "../support/cli.ts";

it.runIf(existsSync("/dev/full"))("a version that cannot be written is said to be none, with 2", () => {
  const full = openSync("/dev/full", "w");
  const { status, stderr } = spawnSync(process.execPath, [bin, "-V"], { stdio: ["ignore", full, "pipe"] });
  closeSync(full);
  expect([status, stderr.toString()]).toEqual([
    2,
    "release-sentinel: cannot write to standard output: ENOSPC\n",
  ]);
});

it("a version whose reader has left is no error", () => {
  const args = ["-c", '"$0" "$1" -V | true; echo "${PIPESTATUS[0]}"', process.execPath, bin];
  const { stdout, stderr } = spawnSync("bash", args);
  expect([stdout.toString(), stderr.toString()]).toEqual(["0\n", ""]);
});
