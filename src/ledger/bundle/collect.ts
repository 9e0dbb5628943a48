import { type ReadLine, readLine, readLink, withoutBody } from "../../clients/ledger/line.ts";
import { SentinelError } from "../../core/errors.ts";
import type { Recorded } from "../entry.ts";
import { readEntry } from "../query.ts";

/** Two entries that are further apart than this stand in separate pieces of the chain, where each is vouched for by itself … */
const shortGap = 100;
/** … and where only a hash that comes later can vouch for both. */
const longGap = 5000;
/** Of lines without their bodies; a ledger of years need not travel with one release. */
const mostBare = 20_000;
const newline = 0x0a;
const letterC = 0x63;

export interface Collected {
  readonly ledger: string;
  /** The release's entries as stored, those between them without their bodies, and the checkpoints that vouch for them. */
  readonly lines: readonly string[];
  readonly entries: readonly Recorded[];
}

/**
 * Picks the lines about one version out of a ledger, with what proves that they belong to its chain.
 * @param remembered own hashes that others remember: the piece reaches as far as them where they are near
 * @throws SentinelError `ledger-unreadable` when there is none, or one is damaged
 */
export async function collect(
  blocks: AsyncIterable<Buffer>,
  version: string,
  remembered: ReadonlySet<string>,
): Promise<Collected> {
  const lines: string[] = [];
  const entries: Recorded[] = [];
  const needle = `"version":${JSON.stringify(version)}`;
  let ledger = "";
  let open: Piece | undefined;
  let bare = 0;

  function take(line: Buffer): void {
    const recorded = line.includes(needle) ? readEntry(line) : undefined;
    if (recorded?.entry.version === version) {
      const read = proven(line, recorded.seq);
      ledger = read.link.ledger;
      bare += open?.pending.length ?? 0;
      lines.push(...(open?.pending ?? []), line.toString("utf8"));
      entries.push(recorded);
      open = { pending: [], vouched: false };
      return;
    }
    if (!open) return;
    const read = proven(line, readLink(line)?.link.seq);
    const vouches = line[2] === letterC && !open.vouched;
    open.pending.push(vouches ? line.toString("utf8") : withoutBody(read));
    if (vouches || remembered.has(read.sha256)) {
      bare += open.pending.length;
      lines.push(...open.pending);
      open = { pending: [], vouched: open.vouched || vouches };
    } else if (
      open.pending.length + bare > mostBare ||
      open.pending.length > (open.vouched ? shortGap : longGap)
    ) {
      open = undefined;
    }
  }

  for await (const block of blocks) {
    for (let start = 0; start < block.length; ) {
      const found = block.indexOf(newline, start);
      const end = found < 0 ? block.length : found;
      take(block.subarray(start, end));
      start = end + 1;
    }
  }
  if (entries.length === 0) {
    throw new SentinelError(
      "ledger-unreadable",
      `the ledger has no entry about ${version}`,
      "release-sentinel ledger show --last 20",
    );
  }
  return { ledger, lines, entries };
}

interface Piece {
  /** What comes along only if something after it is wanted. */
  readonly pending: string[];
  /** A checkpoint stands after the last entry already. */
  readonly vouched: boolean;
}

function proven(line: Buffer, seq: number | undefined): ReadLine {
  const read = readLine(line);
  if (read !== undefined && read !== "damaged" && read.bodyEnd > 0) return read;
  throw new SentinelError(
    "ledger-unreadable",
    `entry ${seq ?? "?"} of the ledger is not as it was written`,
    "release-sentinel ledger verify",
  );
}
