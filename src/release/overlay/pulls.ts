import { GitHubError } from "../../clients/github/errors.ts";
import type { GitHubPull, GitHubTracker } from "../../clients/github/types.ts";
import { readRest } from "../notes/rest.ts";

/** Pages of a hundred pull requests. */
const mostPages = 10;
/** Of what is asked for one by one. */
const mostSingly = 50;
/** A pull request that a release branch took over may have been merged long before the last release. */
const earlierMs = 90 * 86_400_000;

/** Between the clocks of those who commit and GitHub's. */
const slackMs = 86_400_000;

/** The part of the history that is released. */
export interface Stretch {
  /** Full names of its commits. */
  readonly hashes: ReadonlySet<string>;
  /** When the first of them was written, in milliseconds. */
  readonly since: number;
  /** When the release before was made; null: there is none. */
  readonly previousAt: number | null;
  /** Pull requests that its commits name. */
  readonly numbers: readonly number[];
  /** Issues that its commits close, `12` or `owner/name#12`. */
  readonly closes: readonly string[];
  /** One commit of each who is new, and whose login the history does not say. */
  readonly unnamed: readonly string[];
}

export interface Tracked {
  /** Merged, and in this part of the history; by number. */
  readonly pulls: readonly GitHubPull[];
  /** Title and address by number, as far as they were asked for; null: not an issue of this repository. */
  readonly issues: ReadonlyMap<string, { readonly title: string; readonly url: string } | null>;
  /** What commits and pull requests close, in order of appearance. */
  readonly closes: readonly string[];
  /** Who wrote the unnamed commits, as far as GitHub knows. */
  readonly logins: ReadonlyMap<string, string>;
  readonly incomplete: readonly string[];
}

/** Reads the pull requests and issues of a part of the history, in few requests. @throws GitHubError */
export async function readTracked(
  github: GitHubTracker,
  stretch: Stretch,
  signal: AbortSignal,
): Promise<Tracked> {
  const incomplete: string[] = [];
  const pulls = await mergedPulls(github, stretch, incomplete, signal);
  const named = [...stretch.closes, ...pulls.flatMap(({ body }) => readRest("", body).closes)];
  const isPull = new Set(pulls.map(({ number }) => String(number)));
  const closes = [...new Set(named)].filter((reference) => !isPull.has(reference));
  const own = closes.filter((reference) => /^\d+$/.test(reference));
  if (own.length > mostSingly) incomplete.push(`titles of ${own.length - mostSingly} issues were not read`);
  const issues = new Map<string, { title: string; url: string } | null>();
  for (const reference of own.slice(0, mostSingly)) {
    const found = await github.issue(Number(reference), signal);
    issues.set(reference, found && !found.isPull ? { title: found.title, url: found.url } : null);
  }
  const logins = await loginsOf(github, stretch.unnamed, incomplete, signal);
  return { pulls, issues, closes, logins, incomplete };
}

/** A pull request may bring what somebody else has written: GitHub is asked about the commits themselves. */
async function loginsOf(
  github: GitHubTracker,
  commits: readonly string[],
  incomplete: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const logins = new Map<string, string>();
  if (commits.length > mostSingly)
    incomplete.push(`logins of ${commits.length - mostSingly} new contributors were not read`);
  try {
    for (const commit of commits.slice(0, mostSingly)) {
      const login = await github.authorOf(commit, signal);
      if (login !== null) logins.set(commit, login);
    }
  } catch (error) {
    // What the token may not see, or what GitHub has no such commit of.
    if (!(error instanceof GitHubError) || !["permission", "missing", "invalid"].includes(error.kind))
      throw error;
    incomplete.push(`logins of new contributors were not read: ${error.message}`);
  }
  return logins;
}

async function mergedPulls(
  github: GitHubTracker,
  { hashes, since, previousAt, numbers }: Stretch,
  incomplete: string[],
  signal: AbortSignal,
): Promise<readonly GitHubPull[]> {
  const wanted = new Set(numbers);
  const found = new Map<number, GitHubPull>();
  const oldest = (previousAt === null ? since : Math.max(since, previousAt - earlierMs)) - slackMs;
  let page = 0;
  for await (const { pulls, isLast } of github.closedPulls(signal)) {
    page += 1;
    for (const pull of pulls) {
      const isIn = pull.mergeCommit !== null && hashes.has(pull.mergeCommit);
      if (pull.mergedAt !== null && (isIn || wanted.has(pull.number))) found.set(pull.number, pull);
    }
    // Whatever is merged later was touched later.
    const last = pulls.at(-1);
    if (isLast || last === undefined || Date.parse(last.updatedAt) < oldest) break;
    if (page === mostPages) {
      incomplete.push(`only the last ${mostPages * 100} pull requests were looked through`);
      break;
    }
  }
  const missing = numbers.filter((number) => !found.has(number));
  if (missing.length > mostSingly)
    incomplete.push(`${missing.length - mostSingly} older pull requests were not read`);
  for (const number of missing.slice(0, mostSingly)) {
    const pull = await github.pull(number, signal);
    if (pull?.mergedAt) found.set(number, pull);
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}
