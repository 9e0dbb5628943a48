/** The strict form of a release: `vX.Y.Z`, no leading zeros, nothing before or after. */
const release = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;
/** The same with a pre-release (Semantic Versioning 2.0.0, without build metadata). */
const preRelease =
  /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)$/;

export interface Version {
  readonly text: string;
  readonly numbers: readonly [bigint, bigint, bigint];
  /** Dot-separated identifiers after the `-`; empty for a release. */
  readonly pre: readonly string[];
}

/** Reads `v1.4.2` or `v1.4.2-rc.1`; undefined for anything else. */
export function parseVersion(text: string): Version | undefined {
  if (text.length > 256) return undefined;
  const match = release.exec(text) ?? preRelease.exec(text);
  if (!match || match[0].length !== text.length) return undefined;
  const [, major = "0", minor = "0", patch = "0", pre] = match;
  return { text, numbers: [BigInt(major), BigInt(minor), BigInt(patch)], pre: pre ? pre.split(".") : [] };
}

/** Precedence of Semantic Versioning 2.0.0: negative when `a` comes before `b`. */
export function compareVersions(a: Version, b: Version): number {
  for (const i of [0, 1, 2] as const) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const order = compareIdentifiers(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifiers(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length;
  if (x !== y) return x ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether one can be the release before another: a final release follows final ones, a pre-release also those of its own version. */
export function mayFollow(earlier: Version, later: Version): boolean {
  if (earlier.pre.length === 0) return true;
  return later.pre.length > 0 && earlier.numbers.every((number, i) => number === later.numbers[i]);
}

/** The highest of some versions; texts that are no version are passed over. */
export function highestVersion(
  texts: readonly string[],
  accept: (version: Version) => boolean = () => true,
): Version | undefined {
  let highest: Version | undefined;
  for (const text of texts) {
    const version = parseVersion(text);
    if (version && accept(version) && (!highest || compareVersions(version, highest) > 0)) highest = version;
  }
  return highest;
}
