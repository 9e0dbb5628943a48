import { compareVersions, mayFollow, parseVersion, type Version } from "../core/version.ts";

/** A tag that names a version: `v1.4.2`, `1.4.2`, `pkg@1.4.2`, `pkg/v1.4.2`, `pkg-v1.4.2`. */
export interface VersionTag {
  readonly name: string;
  /** Everything before the numbers: `v`, nothing, `pkg@`, `pkg/v`. */
  readonly prefix: string;
  readonly version: Version;
}

const versionAtEnd =
  /^(.*?)((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/s;

/** Undefined for a tag that names no version. */
export function parseVersionTag(name: string): VersionTag | undefined {
  if (name.length > 256) return undefined;
  // Most tags are of this sort, and there may be very many.
  const plain = name.startsWith("v") ? parseVersion(name) : undefined;
  if (plain) return { name, prefix: "v", version: plain };
  const [, prefix = "", numbers = ""] = versionAtEnd.exec(name) ?? [];
  // `2024-1.2.3` or `x.1.2.3`: the numbers before would be a part of them.
  if (numbers === "" || !/^$|[vV@/_-]$/.test(prefix) || /\d[.-]$/.test(prefix)) return undefined;
  const version = parseVersion(`v${numbers}`);
  return version && { name, prefix, version };
}

export function parseVersionTags(names: readonly string[]): readonly VersionTag[] {
  return names.map(parseVersionTag).filter((tag) => tag !== undefined);
}

/** `v`, or none: a project may go from one to the other. A package of a monorepo is a project of its own. */
function family(prefix: string): string {
  return prefix === "" || prefix === "V" ? "v" : prefix;
}

/**
 * The tags that can be the release before a version, unordered: the highest is the nearest. Those with its very prefix,
 * if there are any. A final release follows final ones; a pre-release also those of its own version. Without a version:
 * all final releases, or else all pre-releases.
 */
export function releasesBefore(
  tags: readonly VersionTag[],
  version: VersionTag | null,
  prefix: string = version?.prefix ?? "v",
): readonly VersionTag[] {
  const same =
    version === null ? [] : tags.filter((tag) => tag.prefix === prefix && tag.name !== version.name);
  const related = same.length > 0 ? same : tags.filter((tag) => family(tag.prefix) === family(prefix));
  if (version !== null)
    return related.filter(
      (tag) => compareVersions(tag.version, version.version) < 0 && mayFollow(tag.version, version.version),
    );
  const finals = related.filter((tag) => tag.version.pre.length === 0);
  return finals.length > 0 ? finals : related;
}

export function highestOf(tags: readonly VersionTag[]): VersionTag | undefined {
  let highest: VersionTag | undefined;
  for (const tag of tags) if (!highest || compareVersions(tag.version, highest.version) > 0) highest = tag;
  return highest;
}

export type Level = "major" | "minor" | "patch";

export interface Weighed {
  readonly breaking: boolean;
  readonly kind: string;
}

/** What one change asks of the next version. While it is 0.x, what breaks asks for a minor one. */
export function levelOf(change: Weighed, previous: Version | null): Level {
  if (change.breaking) return previous !== null && previous.numbers[0] === 0n ? "minor" : "major";
  return change.kind === "feature" ? "minor" : "patch";
}

/** The version of a first release. */
const firstVersion = "0.1.0";

export interface Naming {
  readonly prefix: string;
  /** Makes a pre-release: `rc`. */
  readonly pre?: string | undefined;
  /** Tags that exist: a pre-release gets the next number. */
  readonly taken: readonly string[];
  /** Of these, the ones at the commit that is asked about. */
  readonly here: readonly string[];
}

/** The version after the previous release (null: there was none); null when that pre-release is here already. */
export function nextVersion(
  previous: VersionTag | null,
  level: Level,
  { prefix, pre, taken, here }: Naming,
): string | null {
  const base = previous === null ? firstVersion : raised(previous.version, level);
  if (pre === undefined) return `${prefix}${base}`;
  const start = `${prefix}${base}-${pre}.`;
  const isOne = (name: string) => name.startsWith(start) && /^\d{1,15}$/.test(name.slice(start.length));
  if (here.some(isOne)) return null;
  const numbers = taken.filter(isOne).map((name) => Number(name.slice(start.length)));
  return `${start}${Math.max(0, ...numbers) + 1}`;
}

function raised({ numbers: [major, minor, patch], pre }: Version, level: Level): string {
  // Where there were only pre-releases, the version that they lead to comes next.
  if (pre.length > 0) return `${major}.${minor}.${patch}`;
  if (level === "major") return `${major + 1n}.0.0`;
  return level === "minor" ? `${major}.${minor + 1n}.0` : `${major}.${minor}.${patch + 1n}`;
}
