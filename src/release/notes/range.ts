import type { HistoryReader, RemoteSettings, TagRef } from "../../clients/git/history.ts";
import { GitFailure, type GitReader, type ReadyRepository } from "../../clients/git/reader.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable, shellWord } from "../../core/text.ts";
import { highestOf, parseVersionTag, parseVersionTags, releasesBefore, type VersionTag } from "../version.ts";
import type { NotesRequest } from "./model.ts";

export interface NotesReaders {
  readonly git: GitReader;
  readonly history: HistoryReader;
}

/** The part of the history that notes are about. */
export interface Range {
  readonly repository: ReadyRepository;
  readonly remote: RemoteSettings | null;
  readonly version: VersionTag | null;
  /** Whether the version's tag is there, at `to`. */
  readonly tagged: boolean;
  readonly to: string;
  readonly previous: { readonly tag: string; readonly commit: string } | null;
  /** Where it begins, as it was named. */
  readonly from: { readonly ref: string; readonly commit: string } | null;
  /** Tags of this clone. */
  readonly tags: readonly TagRef[];
  readonly warnings: readonly string[];
}

export type RangeRequest = Pick<NotesRequest, "version" | "to" | "from" | "remote"> & {
  /** Without a version: of which tags the previous release is one. */
  readonly prefix?: string;
  /** Looks for what comes after the last release, even where `to` is that release. */
  readonly unreleased?: boolean;
};

/** Finds the previous release, or makes sure that there is none. @throws SentinelError when that cannot be told from this clone */
export async function rangeOf(
  { git, history }: NotesReaders,
  request: RangeRequest,
  signal: AbortSignal,
): Promise<Range> {
  const facts = Promise.all([
    request.to === "HEAD" ? headOf(git) : git.resolve(request.to, signal),
    request.from == null ? null : git.resolve(request.from, signal),
    history.tags(signal),
    history.remote(request.remote, signal),
  ]);
  // What is wrong with the repository as a whole is said first.
  facts.catch(() => {});
  const repository = await git.repository();
  if (repository.state !== "ready")
    throw new SentinelError("history-unusable", repository.message, repository.remedy);
  const [to, fromCommit, tags, remote] = await facts;
  if (to === null) throw notHere(request.to, request.remote, repository.shallow);
  const asked = request.version === null ? null : readVersion(request.version);
  const version = asked ?? (request.unreleased ? null : tagAt(to, tags));
  const tagged = tags.some(({ name, commit }) => name === version?.name && commit === to);
  const known = { repository, remote, version, tagged, to, tags };
  if (request.from != null) {
    if (fromCommit === null) throw notHere(request.from, request.remote, repository.shallow);
    const tag = tags.find(({ name }) => name === request.from && parseVersionTag(name));
    const previous = tag ? { tag: tag.name, commit: fromCommit } : null;
    return { ...known, previous, from: { ref: request.from, commit: fromCommit }, warnings: [] };
  }
  if (repository.shallow) throw shallow();
  const versions = parseVersionTags(tags.map(({ name }) => name));
  const before = releasesBefore(versions, version, request.prefix ?? version?.prefix);
  const previous = await nearestBehind(to, before, { git, history, tags, signal });
  const warnings = await missedTags(history, { ...known, versions, previous, request, signal });
  const nearest = previous === null ? highestOf(before) : undefined;
  if (nearest)
    warnings.push(
      `${printable(nearest.name, 100)} is not behind ${to.slice(0, 7)}: the notes begin with the first commit; --from names another beginning`,
    );
  return { ...known, previous, from: previous && { ref: previous.tag, commit: previous.commit }, warnings };
}

async function headOf(git: GitReader): Promise<string | null> {
  const repository = await git.repository();
  return repository.state === "ready" ? repository.commit : null;
}

/** @throws SentinelError `flag-invalid` */
export function readVersion(text: string): VersionTag {
  const version = parseVersionTag(text);
  if (version) return version;
  throw new SentinelError(
    "flag-invalid",
    `Invalid version format: ${printable(text, 100)}`,
    "write it as its tag is written: v1.4.2, 1.4.2 or package@1.4.2",
  );
}

export function shallow(): SentinelError {
  return new SentinelError(
    "history-unusable",
    "This clone is shallow: commits and tags that the notes are made of are missing",
    "git fetch --unshallow --tags",
  );
}

function notHere(ref: string, remote: string, isCutOff: boolean): SentinelError {
  return new SentinelError(
    "history-unusable",
    `No such commit in this clone: ${printable(ref, 200)}`,
    `git fetch ${isCutOff ? "--unshallow " : ""}--tags ${shellWord(printable(remote, 100))}`,
  );
}

/** The highest version that is tagged at a commit; a package's tag is taken only when it is asked for. */
function tagAt(commit: string, tags: readonly TagRef[]): VersionTag | null {
  const here = parseVersionTags(tags.filter((tag) => tag.commit === commit).map(({ name }) => name));
  return highestOf(here.filter(({ prefix }) => /^v?$/i.test(prefix))) ?? null;
}

/** Asked one by one before all are: the nearest version is behind the commit, nearly always. */
const askedSingly = 3;

async function nearestBehind(
  to: string,
  candidates: readonly VersionTag[],
  { git, history, tags, signal }: NotesReaders & { tags: readonly TagRef[]; signal: AbortSignal },
): Promise<Range["previous"]> {
  const found = ({ name }: VersionTag) => ({
    tag: name,
    commit: tags.find((tag) => tag.name === name)?.commit ?? "",
  });
  let left = candidates;
  for (let asked = 0; asked < askedSingly; asked++) {
    const tag = highestOf(left);
    if (!tag) return null;
    // A tag of a tree or a file is behind nothing.
    const isBehind = await git.isAncestor(found(tag).commit, to, signal).catch(() => false);
    signal.throwIfAborted();
    if (isBehind) return found(tag);
    left = left.filter((other) => other !== tag);
  }
  if (left.length === 0) return null;
  const behind = await history.reachableTags(to, signal);
  const nearest = highestOf(left.filter(({ name }) => behind.has(name)));
  return nearest ? found(nearest) : null;
}

const remoteLimitMs = 30_000;

interface Search extends Pick<Range, "remote" | "version" | "previous"> {
  /** Of this clone. */
  readonly versions: readonly VersionTag[];
  readonly request: RangeRequest;
  readonly signal: AbortSignal;
}

/**
 * A clone without tags looks like a project without releases. Where it may be one, the remote is asked.
 * @throws SentinelError when the remote has releases that this clone has not
 */
async function missedTags(
  history: HistoryReader,
  { remote, version, versions, previous, request, signal }: Search,
): Promise<string[]> {
  const isWhole = previous !== null || versions.some(({ name }) => name !== version?.name);
  if (remote === null || (remote.tags && isWhole)) return [];
  const name = printable(request.remote, 100);
  let theirs: readonly string[];
  try {
    const limit = AbortSignal.timeout(remoteLimitMs);
    theirs = await history.remoteTags(request.remote, AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof GitFailure ? printable(error.message, 200) : "no answer in time";
    return [`${name} could not be asked for earlier releases (${cause}): only this clone's tags count`];
  }
  const here = new Set(versions.map((tag) => tag.name));
  const before = releasesBefore(parseVersionTags(theirs), version, request.prefix ?? version?.prefix);
  const missed = before.filter((tag) => !here.has(tag.name));
  const newest = highestOf(missed);
  if (!newest) return [];
  throw new SentinelError(
    "history-unusable",
    `This clone lacks release tags that ${name} has: ${printable(newest.name, 100)}${missed.length > 1 ? ` and ${missed.length - 1} more` : ""}`,
    `git fetch --tags ${shellWord(name)}`,
  );
}
