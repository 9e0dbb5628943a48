import { execFileSync } from "node:child_process";
import { createGit } from "../../../../src/clients/git/git.ts";
import { createHistory } from "../../../../src/clients/git/history.ts";
import {
  collectNotes,
  type Notes,
  type NotesRequest,
  proposeNext,
  renderNotes,
} from "../../../../src/release/notes/index.ts";
import { gitEnv, repository, type TestRepository } from "../../../support/repository.ts";

export interface History extends TestRepository {
  /** A commit a minute after the one before, by somebody. */
  by(who: string, message: string, files?: Readonly<Record<string, string>>): string;
  /** A branch with these commits, merged with this message. */
  merge(message: string, who: string, commits: readonly string[]): string;
  tag(name: string): void;
}

/** A repository in which everybody has a name, and no two commits the same moment. */
export function history(options: { origin?: boolean } = {}): History {
  const repo = repository(options);
  let clock = 1_700_000_000;
  let branches = 0;
  const as = (who: string, ...args: string[]) => {
    clock += 60;
    const [name = who, email = `${who}@example.com`] = who.split(" ");
    const at = `${clock} +0000`;
    const person = {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_DATE: at,
    };
    execFileSync("git", args, {
      cwd: repo.path,
      env: { ...gitEnv, ...person },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return repo.git("rev-parse", "HEAD").trim();
  };
  const by: History["by"] = (who, message, files = {}) => {
    // A file of its own, so that it can be taken back.
    repo.write(`by-${clock}`, message);
    for (const [path, content] of Object.entries(files)) repo.write(path, content);
    repo.git("add", "-A");
    return as(who, "commit", "-q", "--allow-empty", "-m", message);
  };
  return {
    ...repo,
    by,
    merge(message, who, commits) {
      const branch = `topic-${branches++}`;
      repo.git("checkout", "-q", "-b", branch);
      for (const commit of commits) by(who, commit);
      repo.git("checkout", "-q", "-");
      return as("dev-a", "merge", "-q", "--no-ff", "-m", message, branch);
    },
    tag: (name) => void repo.git("tag", "-a", "-m", name, name),
  };
}

const signal = new AbortController().signal;

export function readersOf(cwd: string) {
  return { git: createGit(cwd, gitEnv), history: createHistory(cwd, gitEnv) };
}

export function notesOf(cwd: string, request: Partial<NotesRequest> = {}): Promise<Notes> {
  const whole: NotesRequest = {
    version: null,
    to: "HEAD",
    style: "grouped",
    remote: "origin",
    firstTimers: false,
    now: new Date("2026-11-21T10:00:00Z"),
    ...request,
  };
  return collectNotes(readersOf(cwd), whole, signal);
}

export async function markdownOf(cwd: string, request: Partial<NotesRequest> = {}): Promise<string> {
  return renderNotes(await notesOf(cwd, request), "markdown");
}

export function nextOf(cwd: string, request: Partial<Parameters<typeof proposeNext>[1]> = {}) {
  return proposeNext(readersOf(cwd), { to: "HEAD", remote: "origin", prefix: null, ...request }, signal);
}

/** The lists of notes, by heading, with nothing but their text. */
export function listsOf({ groups }: Notes): Record<string, readonly string[]> {
  return Object.fromEntries(
    groups.map(({ title, changes }) => [
      title ?? "",
      changes.map(({ scope, text }) => (scope === null ? text : `${scope}: ${text}`)),
    ]),
  );
}
