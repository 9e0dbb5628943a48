import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bin, cleanEnv, cli } from "../../support/cli.ts";
import { repository } from "../../support/repository.ts";

const yes = ["init", "--yes", "--ci", "github-actions", "--template", "release", "--previews"];
const files = [
  ".github/workflows/preview-cleanup.yml",
  ".github/workflows/release-sentinel.yml",
  ".github/workflows/release.yml",
  "release-sentinel.yaml",
];

it.each([
  ["SIGKILL", 0],
  ["SIGKILL", 1],
  ["SIGKILL", 3],
  ["SIGTERM", 0],
  ["SIGTERM", 2],
  ["SIGINT", 1],
] as const)("%s when %i files are there: each is whole, and run again it finishes", async (signal, count) => {
  const repo = repository();
  const wanted = repository();
  await cli(yes, { cwd: wanted.path });
  const text = (folder: string, path: string) => readFileSync(join(folder, path), "utf8");

  const child = spawn(process.execPath, [bin, ...yes], { cwd: repo.path, env: cleanEnv(), stdio: "ignore" });
  const ended = once(child, "close");
  const written = () => files.filter((path) => existsSync(join(repo.path, path)));
  while (child.exitCode === null && child.signalCode === null && written().length < count)
    await new Promise((resolve) => setImmediate(resolve));
  child.kill(signal);
  await ended;
  for (const path of written()) expect(text(repo.path, path)).toBe(text(wanted.path, path));

  expect((await cli(yes, { cwd: repo.path })).code).toBe(0);
  expect(repo.git("ls-files", "--others").trim().split("\n")).toEqual(files);
  expect(readdirSync(join(repo.path, ".github/workflows"))).toHaveLength(3);
});
