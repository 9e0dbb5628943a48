import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inject } from "vitest";
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

interface Kind {
  /** With a bare repository beside it, to which it was pushed. */
  readonly origin?: boolean;
  /** Without the first commit. */
  readonly empty?: boolean;
}

/** A repository on `main` with one commit. */
export function repository(kind: Kind = {}): TestRepository {
  const base = tempFolder("rs-repo-");
  const from = template(kind);
  cpSync(from, base, { recursive: true });
  const repo = at(base);
  if (kind.origin) {
    const config = join(repo.path, ".git/config");
    writeFileSync(config, readFileSync(config, "utf8").replace(join(from, "origin.git"), repo.origin));
  }
  return repo;
}

function at(base: string): TestRepository {
  const path = join(base, "work");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "maintenance.auto=false", ...args], {
      cwd: path,
      env: gitEnv,
      stdio: ["ignore", "pipe", "pipe"],
    }).toString();
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
  return { path, origin: join(base, "origin.git"), git, write, commit };
}

const templates = new Map<string, string>();

/** Made once in each process: a copy costs a tenth of what git takes to make one. */
function template(kind: Kind): string {
  const key = JSON.stringify([kind.origin, kind.empty]);
  const known = templates.get(key);
  if (known !== undefined) return known;
  const base = mkdtempSync(join(inject("templates"), "repository-"));
  templates.set(key, base);
  const { path, origin, git, commit } = at(base);
  mkdirSync(path);
  git("init", "-q", "-b", "main");
  if (!kind.empty) commit("feat: first", { "README.md": "# test\n" });
  if (kind.origin) {
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", origin], { env: gitEnv });
    git("remote", "add", "origin", origin);
    if (!kind.empty) git("push", "-q", "-u", "origin", "main");
  }
  return base;
}
