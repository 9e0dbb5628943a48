import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface RepositorySize {
  readonly files: number;
  readonly tags: number;
}

/**
 * A repository on `main`, clean, with an annotated tag v0.X.Y for each of `tags`, and a bare origin beside it.
 * @returns its folder
 */
export function makeRepository(
  folder: string,
  size: RepositorySize,
  env: Readonly<Record<string, string>>,
): string {
  const repository = join(folder, "repository");
  const origin = join(folder, "origin.git");
  mkdirSync(repository, { recursive: true });
  const git = (args: readonly string[], input?: string) =>
    execFileSync("git", args, { cwd: repository, env, input, stdio: ["pipe", "ignore", "pipe"] });
  git(["init", "--quiet", "--initial-branch=main"]);
  git(["fast-import", "--quiet"], history(size));
  git(["reset", "--quiet", "--hard"]);
  git(["pack-refs", "--all"]);
  git(["clone", "--quiet", "--bare", ".", origin]);
  git(["remote", "add", "origin", origin]);
  git(["fetch", "--quiet"]);
  git(["branch", "--quiet", "--set-upstream-to=origin/main"]);
  return repository;
}

const person = "Bench <bench@localhost> 1767225600 +0000";
const filesPerFolder = 100;

/** Input of `git fast-import`: one commit with every file, and the tags on it. */
function history({ files, tags }: RepositorySize): string {
  const manifest = `{ "name": "bench", "version": "0.0.0", "private": true }\n`;
  const lines = ["blob", "mark :1", data("text\n"), "blob", "mark :2", data(manifest)];
  lines.push("commit refs/heads/main", "mark :3", `committer ${person}`, data("feat: everything\n"));
  lines.push("M 100644 :2 package.json");
  for (let i = 1; i < files; i++)
    lines.push(`M 100644 :1 folder-${Math.floor(i / filesPerFolder)}/file-${i}.txt`);
  for (let i = 0; i < tags; i++) {
    lines.push(`tag v0.${Math.floor(i / 100)}.${i % 100}`, "from :3", `tagger ${person}`, data("release\n"));
  }
  return `${lines.join("\n")}\n`;
}

function data(text: string): string {
  return `data ${text.length}\n${text}`;
}
