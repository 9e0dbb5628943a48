import { bodyOf, readLink } from "../clients/ledger/line.ts";
import { entrySchema, type LedgerEntry, type Recorded } from "./entry.ts";

/** Which entries are asked for. Absent: all. */
export interface Query {
  /** RFC 3339 in UTC; an entry's time as its writer's clock had it. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly environment?: string | undefined;
  readonly version?: string | undefined;
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  /** SAFE, BLOCKED or CRITICAL. */
  readonly verdict?: string | undefined;
  /** No more than so many, the newest. */
  readonly last?: number | undefined;
}

const newline = 0x0a;

/** An entry as it stands in a line; undefined for checkpoints, and for what is no line. Nothing is proven by reading. */
export function readEntry(line: Buffer): Recorded | undefined {
  const read = readLink(line);
  const body = read && bodyOf(line, read);
  if (!read || !body?.startsWith('"entry":')) return undefined;
  try {
    const { entry } = JSON.parse(`{${body}}`) as { entry: LedgerEntry };
    if (typeof entry !== "object" || entry === null) return undefined;
    const { link, sha256 } = read;
    return {
      seq: link.seq,
      time: link.time,
      hash: `sha256:${sha256}`,
      newer: entry.schema !== entrySchema,
      entry,
    };
  } catch {
    return undefined;
  }
}

/** Entries oldest first, parsed as they are asked for. `needle`: lines without these bytes are not even parsed. */
export async function* entriesOf(
  blocks: AsyncIterable<Buffer>,
  needle?: string,
): AsyncGenerator<{ readonly recorded: Recorded; readonly line: Buffer }> {
  for await (const block of blocks) {
    if (needle !== undefined && !block.includes(needle)) continue;
    let start = 0;
    while (start < block.length) {
      const found = block.indexOf(newline, start);
      const end = found < 0 ? block.length : found;
      const line = block.subarray(start, end);
      start = end + 1;
      if (needle !== undefined && !line.includes(needle)) continue;
      const recorded = readEntry(line);
      if (recorded) yield { recorded, line };
    }
  }
}

/** The newest entries that match, newest first. Reads no further back than it must. */
export async function newest(backwards: AsyncIterable<Buffer>, query: Query): Promise<readonly Recorded[]> {
  const found: Recorded[] = [];
  const { last = Number.POSITIVE_INFINITY } = query;
  if (last <= 0) return found;
  const matches = matcher(query);
  const needles = needlesOf(query);
  for await (const line of backwards) {
    if (!needles.every((needle) => line.includes(needle))) continue;
    const recorded = readEntry(line);
    if (!recorded || !matches(recorded)) continue;
    found.push(recorded);
    if (found.length >= last) break;
  }
  return found;
}

/** Texts that a line must hold to match: canonical JSON writes a value in one way only. */
function needlesOf({ environment, version, kind, verdict }: Query): string[] {
  const pairs = { environment, version, kind, verdict };
  return Object.entries(pairs).flatMap(([key, value]) =>
    value === undefined ? [] : [`${JSON.stringify(key)}:${JSON.stringify(value)}`],
  );
}

/** Whether an entry is asked for. */
export function matcher(query: Query): (recorded: Recorded) => boolean {
  const { since, until, environment, version, actor, kind, verdict } = query;
  return ({ time, entry }) =>
    (since === undefined || time >= since) &&
    (until === undefined || time <= until) &&
    (environment === undefined || entry.environment === environment) &&
    (version === undefined || entry.version === version) &&
    (kind === undefined || entry.kind === kind) &&
    (verdict === undefined || verdictOf(entry) === verdict) &&
    (actor === undefined || isBy(entry, actor));
}

/** `Jane Doe <jane@example.com>` is asked for by the whole, the name or the address. */
function isBy({ actor }: LedgerEntry, asked: string): boolean {
  const name = actor?.name ?? "";
  return name === asked || name.startsWith(`${asked} <`) || name.endsWith(`<${asked}>`);
}

/** SAFE, BLOCKED or CRITICAL where the entry is about a verdict. */
export function verdictOf(entry: LedgerEntry): string | null {
  const verdict = entry.data?.["verdict"];
  if (typeof verdict === "string") return verdict;
  const word =
    verdict !== null && typeof verdict === "object" && "verdict" in verdict ? verdict["verdict"] : null;
  return typeof word === "string" ? word : null;
}
