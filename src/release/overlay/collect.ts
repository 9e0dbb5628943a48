import { GitHubError } from "../../clients/github/errors.ts";
import type { GitHubTracker } from "../../clients/github/types.ts";
import { StepFailure } from "../../core/step.ts";
import { collectNotes } from "../notes/index.ts";
import type { Change, Contributor, Notes } from "../notes/model.ts";
import type { NotesReaders } from "../notes/range.ts";
import { oneLine } from "../notes/text.ts";
import { type Changelog, changelogSchema } from "./model.ts";
import { overlayOf } from "./overlay.ts";
import { readTracked, type Stretch, type Tracked } from "./pulls.ts";
import { lookAtPaths } from "./risky.ts";
import type { ChangelogSettings } from "./settings.ts";

/** What a changelog is made from. */
export interface ChangelogWorld extends NotesReaders {
  readonly mask: (text: string) => string;
  /** Where the CI says that its forge is. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly github: GitHubTracker | { readonly skipped: string };
}

export interface ChangelogRequest {
  readonly tag: string;
  readonly commit: string;
  readonly rehearsal: boolean;
  /** RFC 3339: its day is the changelog's. */
  readonly taggedAt: string;
  /** RFC 3339: when the release before was made. */
  readonly previousAt: string | null;
  readonly remote: string;
  readonly settings: ChangelogSettings;
}

/**
 * Makes a release's changelog: the same for the same history, and the same answers of GitHub, on every machine.
 * @throws SentinelError when this clone lacks what it is made of; StepFailure when GitHub has trouble; GitFailure
 */
export async function collectChangelog(
  world: ChangelogWorld,
  request: ChangelogRequest,
  signal: AbortSignal,
): Promise<Changelog> {
  const { tag, commit, rehearsal, taggedAt, remote, settings } = request;
  const { mask } = world;
  const asked = { version: tag, to: commit, style: "grouped", remote, firstTimers: true, mask } as const;
  const now = new Date(taggedAt);
  const around = world.env === undefined ? {} : { env: world.env };
  const notes = settled(await collectNotes(world, { ...asked, ...around, now }, signal), taggedAt);
  const changes = [...new Set(notes.groups.flatMap((group) => group.changes))];
  const stretch = await stretchOf(world, { notes, changes, previousAt: request.previousAt }, signal);
  const [tracked, paths] = await Promise.all([
    askGitHub(world.github, settings, stretch, signal),
    lookAtPaths(world.history, { notes, risky: settings.risky ?? [], mask }, signal),
  ]);
  const named = withLogins(notes, tracked.tracked, mask);
  const overlay = overlayOf({ notes: named, changes, stretch, paths, mask, ...tracked });
  return { schema: changelogSchema, tag, commit, rehearsal, notes: named, overlay };
}

/** Who is new, by the name that the forge knows them by. */
function withLogins(notes: Notes, tracked: Tracked | null, mask: (text: string) => string): Notes {
  const contributors = notes.contributors.map((one) => {
    const login = isUnnamed(one) ? tracked?.logins.get(one.commit) : undefined;
    return login === undefined ? one : { ...one, login: oneLine(mask(login), 100) };
  });
  return { ...notes, contributors };
}

function isUnnamed(one: Contributor): one is Contributor & { commit: string } {
  return one.first === true && one.login === null && one.commit !== null;
}

/** Without what differs from one clone to the next: the branch that is checked out, how many digits tell commits apart. */
function settled(notes: Notes, taggedAt: string): Notes {
  const groups = notes.groups.map((group) => ({
    ...group,
    changes: group.changes.map((change) => ({ ...change, short: change.hash.slice(0, 7) })),
  }));
  return { ...notes, groups, branch: null, date: taggedAt.slice(0, 10) };
}

async function stretchOf(
  { history }: NotesReaders,
  { notes, changes, previousAt }: { notes: Notes; changes: readonly Change[]; previousAt: string | null },
  signal: AbortSignal,
): Promise<Stretch> {
  const hashes = new Set<string>();
  let since = Number.POSITIVE_INFINITY;
  const range = { from: notes.previous?.commit ?? null, to: notes.commit };
  for await (const commits of history.log(range, signal)) {
    for (const { hash, at } of commits) {
      hashes.add(hash);
      since = Math.min(since, at * 1000);
    }
  }
  const numbers = changes.flatMap(({ pullRequest }) => (pullRequest === null ? [] : [pullRequest]));
  return {
    hashes,
    since,
    previousAt: previousAt === null ? null : Date.parse(previousAt),
    numbers: [...new Set(numbers)].sort((a, b) => a - b),
    closes: [...new Set(changes.flatMap(({ closes }) => closes))],
    unnamed: notes.contributors.filter(isUnnamed).map(({ commit }) => commit),
  };
}

type Asked =
  | { readonly tracked: Tracked; readonly reason: null }
  | { readonly tracked: null; readonly reason: string };

/** What a token may not see is done without, and said; trouble that may pass is not. */
async function askGitHub(
  github: ChangelogWorld["github"],
  { github: policy = "auto" }: ChangelogSettings,
  stretch: Stretch,
  signal: AbortSignal,
): Promise<Asked> {
  if (policy === "never") return { tracked: null, reason: "ritual.changelog.github: never" };
  if ("skipped" in github) return { tracked: null, reason: github.skipped };
  try {
    return { tracked: await readTracked(github, stretch, signal), reason: null };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GitHubError)) throw error;
    if (error.kind === "permission" || error.kind === "missing")
      return { tracked: null, reason: error.message };
    throw new StepFailure(error.message, `${error.remedy}; or do without: ritual.changelog.github: never`);
  }
}
