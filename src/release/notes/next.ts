import { type Level, levelOf, nextVersion, parseVersionTag } from "../version.ts";
import { readChanges } from "./collect.ts";
import type { Change } from "./model.ts";
import { type NotesReaders, type Range, rangeOf } from "./range.ts";

export interface NextRequest {
  readonly to: string;
  readonly remote: string;
  readonly paths?: readonly string[];
  /** What the tags begin with; null: as the last release's, or `v`. */
  readonly prefix: string | null;
  /** A pre-release of the next version: `rc` makes v1.5.0-rc.1. */
  readonly pre?: string | undefined;
  readonly mask?: (text: string) => string;
}

/** What the next version would be, and which changes decide it. */
export interface NextRelease {
  readonly schema: "release-sentinel/next-version/v1";
  /** Null: nothing has changed since the previous release. */
  readonly next: string | null;
  readonly level: Level | null;
  /** The last final release. */
  readonly previous: string | null;
  readonly commit: string;
  readonly commits: number;
  /** The changes that ask for this level; the newest first. */
  readonly why: readonly Pick<Change, "hash" | "short" | "text" | "scope" | "breaking">[];
  readonly warnings: readonly string[];
}

const order: readonly Level[] = ["major", "minor", "patch"];

/** @throws SentinelError when it cannot be told from this clone; GitFailure */
export async function proposeNext(
  readers: NotesReaders,
  request: NextRequest,
  signal: AbortSignal,
): Promise<NextRelease> {
  const { to, remote, pre, mask = (text) => text } = request;
  const wanted = request.prefix === null ? {} : { prefix: request.prefix };
  const range = await rangeOf(readers, { version: null, to, remote, unreleased: true, ...wanted }, signal);
  const previous = range.previous === null ? null : (parseVersionTag(range.previous.tag) ?? null);
  const { commits, changes } = await readChanges(readers.history, range, request, signal);
  const known = {
    schema: "release-sentinel/next-version/v1" as const,
    previous: previous && mask(previous.name),
    commit: range.to,
    commits: commits.length,
    warnings: range.warnings.map(mask),
  };
  const levels = changes.map((change) => ({ change, level: levelOf(change, previous?.version ?? null) }));
  const level = order.find((candidate) => levels.some((found) => found.level === candidate));
  const prefix = request.prefix ?? previous?.prefix ?? "v";
  const tags = { taken: range.tags.map(({ name }) => name), here: tagsAt(range) };
  const next = level && nextVersion(previous, level, { pre, prefix, ...tags });
  if (!next) return { ...known, next: null, level: null, why: [] };
  if (previous === null) return { ...known, next, level: null, why: [] };
  const deciding = levels.filter((found) => found.level === level).map(({ change }) => change);
  const why = deciding.map(({ hash, short, text, scope, breaking }) => ({
    hash,
    short,
    text,
    scope,
    breaking,
  }));
  return { ...known, next, level, why };
}

function tagsAt({ tags, to }: Range): readonly string[] {
  return tags.filter(({ commit }) => commit === to).map(({ name }) => name);
}
