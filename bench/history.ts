import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface HistorySize {
  readonly commits: number;
  /** Annotated, spread over the history; the last is ten commits before its end. */
  readonly tags: number;
}

/** A repository with a long history of conventional commits, like a busy project's. @returns its folder */
export function makeHistory(
  folder: string,
  size: HistorySize,
  env: Readonly<Record<string, string>>,
): string {
  const repository = join(folder, `history-${size.commits}-${size.tags}`);
  mkdirSync(repository, { recursive: true });
  const git = (args: readonly string[], input?: string) =>
    execFileSync("git", args, { cwd: repository, env, input, stdio: ["pipe", "ignore", "pipe"] });
  git(["init", "--quiet", "--initial-branch=main"]);
  git(["fast-import", "--quiet"], [...commits(size), ...tags(size)].join(""));
  git(["reset", "--quiet", "--hard"]);
  git(["pack-refs", "--all"]);
  git(["remote", "add", "origin", "https://github.com/example/project.git"]);
  return repository;
}

const begin = 1_500_000_000;
const everySeconds = 600;
const authors = 97;
const types = ["feat", "fix", "docs", "chore", "refactor", "perf", "test", "build(deps)"];

function* commits({ commits: count }: HistorySize): Generator<string> {
  yield `blob\nmark :1\n${data("text\n")}`;
  for (let i = 0; i < count; i++) {
    const type = types[i % types.length] ?? "";
    const scope = i % 3 === 0 && !type.includes("(") ? "(core)" : "";
    const message = `${type}${scope}: change number ${i} of the thing (#${i + 1})\n\nWhy this was to be changed, and how,\nin two or three lines.\n\nCloses #${i}\n`;
    yield `commit refs/heads/main\nmark :${i + 2}\n${person("author", i)}${person("committer", i)}${data(message)}`;
    yield `${i > 0 ? `from :${i + 1}\n` : ""}M 100644 :1 folder-${i % 50}/file-${i % 1000}\n`;
  }
}

function* tags({ commits: count, tags: wanted }: HistorySize): Generator<string> {
  for (let i = 0; i < wanted; i++) {
    const place = Math.floor((i * (count - 10)) / Math.max(1, wanted - 1));
    yield `tag v0.${Math.floor(i / 100)}.${i % 100}\nfrom :${place + 2}\n${person("tagger", place)}${data("release\n")}`;
  }
}

function person(role: string, i: number): string {
  const name = `dev-${i % authors}`;
  return `${role} ${name} <${name}@example.com> ${begin + i * everySeconds} +0000\n`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}
