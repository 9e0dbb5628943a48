import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tempFolder } from "./temp.ts";

/** git for tests: nobody's settings, a fixed identity. */
export const gitEnv: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Test Author",
  GIT_AUTHOR_EMAIL: "author@example.com",
  GIT_COMMITTER_NAME: "Test Author",
  GIT_COMMITTER_EMAIL: "author@example.com",
};

export interface TestRepository {
  readonly path: string;
  /** The bare repository that is `origin`. */
  readonly origin: string;
  git(...args: string[]): string;
  write(path: string, content: string): void;
  /** Writes, adds and commits everything; answers the commit. */
  commit(message?: string, files?: Readonly<Record<string, string>>): string;
}

/** A repository on `main` with one commit. */
export function repository(options: { origin?: boolean; empty?: boolean } = {}): TestRepository {
  const base = tempFolder("rs-repo-");
  const path = join(base, "work");
  const origin = join(base, "origin.git");
  mkdirSync(path);
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: path, env: gitEnv, stdio: ["ignore", "pipe", "pipe"] }).toString();
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), content);
  };
  const commit = (message = "feat: something", files: Readonly<Record<string, string>> = {}) => {
    for (const [file, content] of Object.entries(files)) write(file, content);
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD").trim();
  };
  git("init", "-q", "-b", "main");
  if (!options.empty) commit("feat: first", { "README.md": "# test\n" });
  if (options.origin) {
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", origin], { env: gitEnv });
    git("remote", "add", "origin", origin);
    if (!options.empty) git("push", "-q", "-u", "origin", "main");
  }
  return { path, origin, git, write, commit };
}
