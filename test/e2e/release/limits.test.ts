import { spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, cleanEnv } from "../../support/cli.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  everything,
  expectEnd,
  expectReleased,
  type ReleaseWorld,
  releaseWorld,
  version,
  writes,
} from "./world.ts";

const node = process.env["RS_TEST_NODE"] ?? process.execPath;
const args = ["release", "--env", "prod", "--version", version];
const done = `Release ${version} completed successfully`;

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** The command line with a stdout of its own kind, under a shell's limits. */
function run(
  { repo, env }: ReleaseWorld,
  words: readonly string[],
  { limits = ":", stdout = "ignore" }: { limits?: string; stdout?: number | "ignore" },
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", `${limits} && exec "$@"`, "sh", node, bin, ...words], {
      cwd: repo.path,
      env: cleanEnv(env),
      stdio: ["ignore", stdout, "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", (code) => resolve({ code, stderr: Buffer.concat(chunks).toString("utf8") }));
  });
}

describe.skipIf(process.platform === "win32")("a disk that takes nothing more", () => {
  it("while the tag is made: stalled, nothing is pushed, and with room the same command goes on", async () => {
    const world = await releaseWorld();
    world.env["RS_LEDGER"] = join(tempFolder(), "ledger.jsonl");
    // Not a byte may be written to a file.
    const ran = await run(world, args, { limits: "ulimit -f 0" });
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toContain("tag.create");
    expect(world.remote("for-each-ref", "refs/tags")).toBe("");
    expect(writes(world.github)).toEqual([]);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("for the plan's file: said, and no half of it is left", async () => {
    const world = await releaseWorld();
    const folder = tempFolder();
    world.env["RS_LEDGER"] = join(tempFolder(), "ledger.jsonl");
    const file = join(folder, "plan.json");
    const words = ["release", "plan", "--env", "prod", "--version", version, "--tag", "-o", file];
    const ran = await run(world, words, { limits: "ulimit -f 0" });
    expect(ran.code, ran.stderr).not.toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    const nowhere = await world.run([
      "release",
      "plan",
      "--env",
      "prod",
      "--version",
      version,
      "-o",
      `${folder}/no/p`,
    ]);
    expectEnd(nowhere, 2, "cannot write the report", "make the folder first");
  });

  it.skipIf(!existsSync("/dev/full"))("for stdout: the release is made, and the loss is said", async () => {
    const world = await releaseWorld();
    const full = openSync("/dev/full", "w");
    const ran = await run(world, [...args, "--json"], { stdout: full });
    closeSync(full);
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toContain("cannot write to standard output: ENOSPC");
    expectReleased(world);
  });

  it("for the gate's report: the release is made, and the loss is said", async () => {
    const world = await releaseWorld();
    const ran = await world.run([...args, "--report", "junit=/nowhere/a.xml"]);
    expectEnd(ran, 2, "cannot write the report /nowhere/a.xml", done);
    expectReleased(world);
  });
});

describe("readers that leave", () => {
  it.each(["stdout", "stderr"] as const)("%s: the release is made all the same", async (stream) => {
    const world = await releaseWorld();
    const ran = await world.release(["--json"], { during: (child) => void child[stream]?.destroy() });
    expect(ran.code, ran.all).toBe(0);
    expectReleased(world);
  });
});

describe("a repository that may not be written", () => {
  it("is blocked before anything is done", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may write everywhere");
    const world = await releaseWorld();
    const folder = join(world.repo.path, ".git/refs/tags");
    const before = everything(world);
    chmodSync(folder, 0o555);
    try {
      expectEnd(
        await world.release(),
        1,
        "the repository cannot be written",
        "the user that the repository belongs to",
      );
    } finally {
      chmodSync(folder, 0o755);
    }
    expect(everything(world)).toEqual(before);
  });

  it("on the remote's side: stalled at the push, and the tag goes there later", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may write everywhere");
    const world = await releaseWorld();
    const folder = join(world.repo.origin, "objects");
    chmodSync(folder, 0o555);
    try {
      expectEnd(await world.release(), 2, "STALLED at tag.push");
    } finally {
      chmodSync(folder, 0o755);
    }
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });
});
