import { readLine, readLink } from "../clients/ledger/line.ts";

/** What is wrong with the first line that is not right. */
export interface ChainProblem {
  readonly kind: "edited" | "removed" | "inserted" | "reordered" | "forked" | "torn";
  /** The entry that is bad, or that is missing. */
  readonly seq: number;
  /** Where in the store, from 1. */
  readonly line: number;
  readonly message: string;
}

/** Where the chain stood before the bad line. */
interface Before {
  readonly ledger: string;
  /** Own hash of the last good line; empty before the first. */
  readonly prev: string;
  /** The one before that. */
  readonly before: string;
  readonly lines: number;
  /** The bad line is the last, and has no line break. */
  readonly last: boolean;
}

/** Why a line cannot be the next one of its chain. */
export function diagnose(bytes: Buffer, { ledger, prev, before, lines, last }: Before): ChainProblem {
  const [expected, line] = [lines + 1, lines + 1];
  const found = (kind: ChainProblem["kind"], message: string, seq = expected): ChainProblem => ({
    kind,
    seq,
    line,
    message,
  });
  const read = readLine(bytes);
  if (last && (read === undefined || read === "damaged"))
    return found("torn", `line ${line} ends before its end: a write was cut off, or the end was cut away`);
  if (bytes.length === 0) return found("inserted", `line ${line} is empty`);
  if (read === undefined)
    return found("edited", `line ${line}, where entry ${expected} should be, is not a ledger's line`);
  if (read === "damaged") {
    const said = readLink(bytes)?.link.seq ?? expected;
    return found("edited", `entry ${said} was edited: it does not match its own hash`, said);
  }
  const { seq } = read.link;
  if (read.bodyEnd === 0) return found("edited", `entry ${seq} was edited: its content was taken out`, seq);
  if (lines > 0 && read.link.ledger !== ledger)
    return found("inserted", `line ${line} belongs to another ledger`, seq);
  if (seq > expected || lines === 0) {
    const missing = seq - 1 > expected ? `entries ${expected} to ${seq - 1} are` : `entry ${expected} is`;
    return found("removed", `${missing} missing before entry ${seq}`);
  }
  if (seq === expected)
    return found("edited", `entry ${lines} was replaced: entry ${seq} is chained to another one`, lines);
  if (seq === lines && read.sha256 !== prev && read.link.prev === (before ? `sha256:${before}` : null))
    return found(
      "forked",
      `two different entries ${seq} follow entry ${seq - 1}: lines ${line - 1} and ${line}`,
      seq,
    );
  return found("inserted", `entry ${seq} stands on line ${line}, after entry ${lines}`, seq);
}

/** A removed entry that turns up further on was not removed. */
export function misplaced(problem: ChainProblem, bytes: Buffer, prev: string): ChainProblem {
  if (problem.kind !== "removed") return problem;
  const read = readLink(bytes);
  if (read?.link.seq !== problem.seq || (read.link.prev ?? "sha256:") !== `sha256:${prev}`) return problem;
  return { ...problem, kind: "reordered", message: `entry ${problem.seq} stands after later ones` };
}
