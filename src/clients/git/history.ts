import { promises as files } from "node:fs";
import { resolve } from "node:path";
import { createGitCommand, type GitAnswer } from "./command.ts";
import { oneLine } from "./git.ts";
import { parseRemote, parseTagRefs, type RemoteSettings, type TagRef } from "./history-parse.ts";
import { createRecordStream, type Make, offline, shortened } from "./history-stream.ts";
import { createLsRemote, noToken, type TokenSource } from "./ls-remote.ts";
import { parseRemoteRefs } from "./parse.ts";
import { GitFailure } from "./reader.ts";

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface LoggedCommit {
  readonly hash: string;
  /** As git abbreviates it in this repository. */
  readonly short: string;
  /** Full object names; with paths, the nearest ancestors that are in the log themselves. */
  readonly parents: readonly string[];
  /** By .mailmap. */
  readonly author: Person;
  /** When it was written, in seconds since 1970. */
  readonly at: number;
  /** Subject and body as UTF-8; what is invalid has become U+FFFD. Very long ones have lost their middle. */
  readonly message: string;
}

/** The commits that `to` has and `from` has not. Both are object names or refs. */
export interface LogRange {
  readonly from: string | null;
  readonly to: string;
  readonly paths?: readonly string[];
  /** With paths: also the merges that brought in what touched them. */
  readonly merges?: boolean;
  readonly limit?: number | undefined;
}

export type { RemoteSettings, TagRef } from "./history-parse.ts";

/** Reads history. Nothing in here writes, and only `remoteTags` talks to the network. All throw GitFailure. */
export interface HistoryReader {
  /** Newest first, as many at once as have come while git still looks for more. */
  log(range: LogRange, signal?: AbortSignal): AsyncIterable<readonly LoggedCommit[]>;
  /** Authors of a commit and of all before it, by .mailmap, newest first. */
  authors(commit: string, signal?: AbortSignal): AsyncIterable<readonly Person[]>;
  /** Every tag of this clone. */
  tags(signal?: AbortSignal): Promise<readonly TagRef[]>;
  /** The names of the tags that a commit has behind it. */
  reachableTags(commit: string, signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** Names of the remote's tags. */
  remoteTags(remote: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Null when there is no such remote. */
  remote(name: string, signal?: AbortSignal): Promise<RemoteSettings | null>;
  changedPaths(
    from: string,
    to: string,
    paths?: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly string[]>;
  /** Commits of a shallow clone whose parents are not here. */
  cutOff(signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** The day a commit was made, YYYY-MM-DD in its own time zone. */
  day(commit: string, signal?: AbortSignal): Promise<string>;
}

const commitFields = ["%H", "%h", "%P", "%aN", "%aE", "%at", "%B"];

/** A reader of the history around `cwd`. A partial clone fetches nothing for it. */
export function createHistory(
  cwd: string,
  env: NodeJS.ProcessEnv,
  token: TokenSource = noToken,
): HistoryReader {
  const git = createGitCommand(cwd, env);
  const stream = createRecordStream(cwd, env);
  const askRemote = createLsRemote(git, token);
  const ask = async (args: readonly string[], signal?: AbortSignal): Promise<string> =>
    text(await git(args, { signal, env: offline }));

  return {
    log({ from, to, paths = [], merges = false, limit }, signal) {
      const range = ["--end-of-options", to, ...(from === null ? [] : [`^${from}`])];
      const withMerges = merges && paths.length > 0;
      const args = [
        ...(limit === undefined ? [] : ["-n", String(limit)]),
        ...(withMerges ? ["--full-history", "--parents"] : []),
        ...[...range, "--", ...paths],
      ];
      const commits = stream(commitFields, loggedCommits(), args, signal);
      if (!withMerges) return commits;
      const all = ask(["rev-list", "--merges", ...range, "--"], signal);
      return withoutEmptyMerges(commits, all);
    },
    authors: (commit, signal) => stream(["%aN", "%aE"], person, [commit, "--"], signal),
    async tags(signal) {
      const answer = await git(["show-ref", "--tags", "--dereference"], { signal });
      // 1 is "none".
      return answer.code === 1 && answer.stderr === "" ? [] : parseTagRefs(text(answer));
    },
    async reachableTags(commit, signal) {
      const args = ["for-each-ref", "--format=%(refname:strip=2)", `--merged=${commit}`, "refs/tags"];
      return new Set((await ask(args, signal)).split("\n").filter((name) => name !== ""));
    },
    async remoteTags(remote, signal) {
      const refs = parseRemoteRefs(text(await askRemote(remote, ["--tags", "--refs"], signal)));
      return [...refs.keys()].map((ref) => ref.replace("refs/tags/", ""));
    },
    async remote(name, signal) {
      const answer = await git(["config", "-z", "--get-regexp", "^(remote|url)\\..*"], { signal });
      return parseRemote(answer.code === 1 ? "" : text(answer), name);
    },
    async changedPaths(from, to, paths = [], signal) {
      const how = ["--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames"];
      const names = await ask(["diff", ...how, from, to, "--", ...paths], signal);
      return names.split("\0").filter((path) => path !== "");
    },
    async cutOff(signal) {
      const path = (await ask(["rev-parse", "--git-path", "shallow"], signal)).trimEnd();
      const list = await files.readFile(resolve(cwd, path), "utf8").catch(() => "");
      return new Set(list.split("\n").filter((line) => line !== ""));
    },
    async day(commit, signal) {
      return (await ask(["log", "-1", "--no-show-signature", "--format=%cs", commit, "--"], signal)).trim();
    },
  };
}

function text({ code, stdout, stderr }: GitAnswer): string {
  if (code !== 0) throw new GitFailure(oneLine(stderr) || `git exited with ${code}`);
  return stdout.toString("utf8");
}

/** The commits of one person have the same author: a long history is written by few. */
function loggedCommits(): Make<LoggedCommit> {
  const byEmail = new Map<string, Map<string, Person>>();
  const known = (person: Person) => {
    const byName = byEmail.get(person.email) ?? new Map<string, Person>();
    if (byName.size === 0) byEmail.set(person.email, byName);
    const before = byName.get(person.name);
    if (before === undefined) byName.set(person.name, person);
    return before ?? person;
  };
  return (fields, at) => {
    const parents = fields[at + 2] ?? "";
    return {
      hash: fields[at] ?? "",
      short: fields[at + 1] ?? "",
      parents: parents === "" ? [] : parents.split(" "),
      author: known(person(fields, at + 3)),
      at: Number(fields[at + 5]),
      message: shortened(fields[at + 6] ?? ""),
    };
  };
}

/** With full history every merge is listed, and one that brought in nothing of the paths has lost a parent. */
async function* withoutEmptyMerges(
  batches: AsyncIterable<readonly LoggedCommit[]>,
  mergesOfRange: Promise<string>,
): AsyncGenerator<readonly LoggedCommit[]> {
  const merges = new Set((await mergesOfRange).split("\n"));
  for await (const batch of batches)
    yield batch.filter(({ hash, parents }) => parents.length > 1 || !merges.has(hash));
}

function person(fields: readonly string[], at: number): Person {
  return { name: fields[at] ?? "", email: fields[at + 1] ?? "" };
}
