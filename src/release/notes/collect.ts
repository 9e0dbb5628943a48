import type { HistoryReader, LogRange } from "../../clients/git/history.ts";
import { unitsOf } from "./changes.ts";
import { type ReadCommit, readCommit } from "./commit.ts";
import { describe } from "./describe.ts";
import { compareUrl, type Forge, forgeOf } from "./forge.ts";
import { groupsOf } from "./group.ts";
import type { Change, Group, Notes, NotesRequest } from "./model.ts";
import { lookForNewcomers } from "./newcomers.ts";
import { People } from "./people.ts";
import { type NotesReaders, type Range, rangeOf, shallow } from "./range.ts";
import { risksOf, summaryOf } from "./summary.ts";
import { oneLine } from "./text.ts";

type Mask = (text: string) => string;
const same: Mask = (text) => text;

/**
 * Makes the notes of a release, as data.
 * @throws SentinelError when this clone lacks what they are made of, or what was asked for does not exist; GitFailure
 */
export async function collectNotes(
  readers: NotesReaders,
  request: NotesRequest,
  signal: AbortSignal,
): Promise<Notes> {
  const mask = request.mask ?? same;
  const { range, read } = await readEarly(readers, request, mask, signal);
  const forge = firstForge(range, request);
  const { changes, commits } = read;
  const initial = range.from === null && request.limit === undefined;
  const contributors = read.people.list(read.newcomers, mask);
  const previous = range.previous && { ...range.previous, tag: oneLine(mask(range.previous.tag)) };
  return {
    schema: "release-sentinel/notes/v1",
    ...heading(range, mask),
    date: range.tagged
      ? await readers.history.day(range.to, signal)
      : (request.now ?? new Date()).toISOString().slice(0, 10),
    style: request.style,
    previous,
    from: range.from && oneLine(mask(range.from.ref)),
    commit: range.to,
    branch: range.to === range.repository.commit ? maskedOr(range.repository.branch, mask) : null,
    compareUrl: forge && compared(forge, range),
    forge,
    initial,
    groups: request.style === "plain" ? [] : initial ? firstGroups(changes) : groupsOf(changes),
    commits: request.style === "plain" && !initial ? commits.map(plainCommit) : [],
    contributors,
    summary: summaryOf({
      commits,
      partial: (request.paths ?? []).length > 0,
      changes,
      risky: read.risky,
      contributors: contributors.length,
      previous: previous?.tag ?? null,
    }),
    warnings: [...range.warnings, ...read.warnings].map((warning) => mask(warning)),
  };
}

/** The changes of a range, for those who need nothing else. */
export async function readChanges(
  history: HistoryReader,
  range: Range,
  request: Pick<NotesRequest, "paths" | "limit" | "mask">,
  signal: AbortSignal,
): Promise<{ commits: readonly ReadCommit[]; changes: readonly Change[] }> {
  const grouped = { ...request, style: "grouped" } as const;
  const { commits } = await readLog(history, objectsOf(range), grouped, request.mask ?? same, signal);
  await refuseIfCut(history, range, commits, signal);
  return { commits, changes: changesOf(commits, request, null) };
}

/** Where it is said where the notes begin, the log is read while everything else is found out. */
async function readEarly(readers: NotesReaders, request: NotesRequest, mask: Mask, signal: AbortSignal) {
  const { from = null, to } = request;
  const stop = new AbortController();
  const early =
    from === null
      ? undefined
      : readLog(readers.history, { from, to }, request, mask, AbortSignal.any([signal, stop.signal]));
  // Heard of where it is awaited.
  early?.catch(() => {});
  try {
    const range = await rangeOf(readers, request, signal);
    return { range, read: await readRange(readers.history, range, request, mask, signal, early) };
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

async function readRange(
  history: HistoryReader,
  range: Range,
  request: NotesRequest,
  mask: Mask,
  signal: AbortSignal,
  early?: Promise<Log>,
) {
  const { from, to } = range;
  const wanted = request.style === "grouped" && request.firstTimers && from !== null;
  const newcomers = wanted ? lookForNewcomers(history, from.commit, signal) : undefined;
  const paths =
    from === null ? [] : history.changedPaths(from.commit, to, request.paths, signal).catch(() => null);
  try {
    const { commits, people } = await (early ?? readLog(history, objectsOf(range), request, mask, signal));
    await refuseIfCut(history, range, commits, signal);
    const changed = await paths;
    signal.throwIfAborted();
    return {
      commits,
      people,
      changes: changesOf(commits, request, firstForge(range, request)),
      newcomers: newcomers ? await newcomers.among(people.authors) : null,
      risky: risksOf(changed ?? [], mask),
      warnings:
        changed === null ? ["which files changed could not be found out: summary.risky is empty"] : [],
    };
  } finally {
    newcomers?.stop();
  }
}

interface Log {
  readonly commits: readonly ReadCommit[];
  readonly people: People;
}

function objectsOf({ from, to }: Range): Pick<LogRange, "from" | "to"> {
  return { from: from?.commit ?? null, to };
}

async function readLog(
  history: HistoryReader,
  ends: Pick<LogRange, "from" | "to">,
  { paths = [], limit, style }: Pick<NotesRequest, "paths" | "limit" | "style">,
  mask: Mask,
  signal: AbortSignal,
): Promise<Log> {
  const merges = style === "grouped" && limit === undefined;
  const commits: ReadCommit[] = [];
  const people = new People();
  for await (const batch of history.log({ ...ends, paths, merges, limit }, signal)) {
    for (const logged of batch) {
      const commit = readCommit(logged, mask);
      commits.push(commit);
      // Who merges is not who wrote.
      if (commit.parents.length < 2) people.add(commit.author, commit.message.rest.coAuthors, commit.hash);
    }
  }
  return { commits, people };
}

/** In a shallow clone, a range that reaches the end of what is here goes on where nobody sees it. */
async function refuseIfCut(
  history: HistoryReader,
  { repository }: Range,
  commits: readonly ReadCommit[],
  signal: AbortSignal,
): Promise<void> {
  if (!repository.shallow) return;
  const ends = await history.cutOff(signal);
  if (commits.some(({ hash }) => ends.has(hash))) throw shallow();
}

function changesOf(
  commits: readonly ReadCommit[],
  { paths = [], limit }: Pick<NotesRequest, "paths" | "limit">,
  forge: Forge | null,
): readonly Change[] {
  const units = unitsOf(commits, { partial: paths.length > 0, cut: limit !== undefined });
  return units.map((unit) => describe(unit, forge));
}

function heading({ version }: Range, mask: Mask): Pick<Notes, "version" | "title"> {
  const name = version && oneLine(mask(version.name));
  return { version: name, title: name === null ? "Unreleased" : `Changes in ${name}` };
}

function firstForge({ remote }: Range, { env }: Pick<NotesRequest, "env">): Forge | null {
  for (const url of remote?.urls ?? []) {
    const forge = forgeOf(url, env);
    if (forge) return forge;
  }
  return null;
}

/** A version that has no tag yet will have one when its notes are read. */
function compared(forge: Forge, { from, version, to, previous }: Range): string | null {
  return from && compareUrl(forge, previous?.tag ?? from.commit, version?.name ?? to);
}

function plainCommit({ hash, short, message }: ReadCommit): Notes["commits"][number] {
  return { hash, short, subject: message.subject };
}

function maskedOr(text: string | null, mask: Mask): string | null {
  return text === null ? null : oneLine(mask(text));
}

/** What nobody knew before cannot be broken or mended: a first release has features, if they are few enough to be read. */
const readableFeatures = 50;

function firstGroups(changes: readonly Change[]): readonly Group[] {
  const groups = groupsOf(changes.map((change) => ({ ...change, breaking: false, security: false })));
  return groups.filter(({ kind, changes: some }) => kind === "feature" && some.length <= readableFeatures);
}
