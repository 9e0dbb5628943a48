import { hash } from "node:crypto";
import { type Head, openBrace, readLink } from "../clients/ledger/line.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { type ChainProblem, diagnose, misplaced } from "./diagnose.ts";

/** What is known of a chain once it has been followed. */
export interface Followed {
  /** Lines that are right, up to the first that is not. */
  readonly lines: number;
  readonly head: Head | null;
  /** The latest checkpoint of every key, by key id, with the line it stands on. Their signatures are not looked at here. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint & { readonly seq: number }>;
  readonly problem: ChainProblem | null;
  /** The last line is right, but has no line break. */
  readonly unfinished: boolean;
  /** Where the writers' clock first went back, and how often it did. */
  readonly clockWentBack: { readonly seq: number; readonly times: number } | null;
}

export interface Chain {
  /** Whole lines; the last one of the last block may lack its line break. */
  take(block: Buffer): void;
  end(): Followed;
}

const newline = 0x0a;
/** Second character of `"checkpoint"`, where an entry's is an `e`. */
const letterC = 0x63;

const hashLength = 64;
const noHash = "0".repeat(hashLength);
const timeShape = "0000-00-00T00:00:00.000Z";
const linkAt = ',"link":'.length;
const bodyAt = ',"link":{"body":"sha256:'.length;
/** From the end of the link's time to the end of the line. */
const afterTime = `"},"sha256":"${noHash}"}`.length;
const [digit0, digit9] = [0x30, 0x39];

/**
 * Follows a chain, line by line, by the stored bytes alone: two hashes and a few comparisons a line, no JSON.
 * @param each hears of every line that is right
 */
export function createChain(each?: (sha256: string, seq: number) => void): Chain {
  const checkpoints = new Map<string, Checkpoint & { seq: number }>();
  let [ledger, prev] = ["", ""];
  let lines = 0;
  /** The `prev` of the last line: two lines with the same one are a fork. */
  let before = "";
  let problem: ChainProblem | null = null;
  let unfinished = false;
  let clockWentBack: { seq: number; times: number } | null = null;
  let tail = createTail("", null, 1);

  function line(block: Buffer, start: number, end: number, last: boolean): void {
    if (problem) {
      problem = misplaced(problem, block.subarray(start, end), prev);
      return;
    }
    const seq = lines + 1;
    if (lines < 2 || seq === tail.until) expect(block.subarray(start, end), seq);
    const tailStart = end - tail.length;
    let own = "";
    if (tailStart > start && block[start] === openBrace) {
      const body = hash("sha256", block.subarray(start + 1, tailStart), "hex");
      own = hash("sha256", block.subarray(tailStart + linkAt, end - afterTime + 2), "hex");
      if (!tail.is(block, tailStart, { body, prev, seq, own })) own = "";
    }
    if (own === "") {
      problem = diagnose(block.subarray(start, end), { ledger, prev, before, lines, last });
      return;
    }
    if (block[start + 2] === letterC && !checkpoint(block.toString("latin1", start + 1, tailStart), seq))
      return;
    if (tail.wentBack()) clockWentBack = { seq, ...clockWentBack, times: (clockWentBack?.times ?? 0) + 1 };
    before = prev;
    prev = own;
    lines = seq;
    unfinished = last;
    each?.(own, seq);
  }

  /** The first line says which ledger it is, and has no line before it. */
  function expect(bytes: Buffer, seq: number): void {
    if (lines === 0) ledger = readLink(bytes)?.link.ledger ?? "";
    tail = createTail(ledger, lines === 0 ? null : prev, seq, tail.time());
  }

  function checkpoint(body: string, seq: number): boolean {
    const said = readCheckpoint(body);
    // Of a sort that a later version has brought: bytes in the chain, like an entry of a later version.
    if (!said) return true;
    if (
      said.head === `sha256:${prev}` &&
      said.length === lines &&
      said.ledger === ledger &&
      said.time === tail.time()
    ) {
      checkpoints.set(said.keyId, { ...said, seq });
      return true;
    }
    problem = { kind: "edited", seq, line: seq, message: `checkpoint ${seq} speaks of another chain` };
    return false;
  }

  return {
    take(block) {
      let start = 0;
      for (let end = block.indexOf(newline); end >= 0; end = block.indexOf(newline, start)) {
        line(block, start, end, false);
        start = end + 1;
      }
      if (start < block.length) line(block, start, block.length, true);
    },
    end: () => ({
      lines,
      head: lines === 0 ? null : { ledger, seq: lines, sha256: prev, time: tail.time() },
      checkpoints,
      problem,
      unfinished,
      clockWentBack,
    }),
  };
}

interface Tail {
  readonly length: number;
  /** The first `seq` that has more digits. */
  readonly until: number;
  /** Whether these bytes are a line's tail with these values, and with a time. */
  is(block: Buffer, start: number, values: { body: string; prev: string; seq: number; own: string }): boolean;
  /** The time of the tail that was looked at last, and whether it is before the one looked at before. */
  time(): string;
  wentBack(): boolean;
}

/** What a line must end with, kept as bytes: comparing them is what keeps the chain's pace near the hash's own. */
function createTail(ledger: string, prev: string | null, first: number, timeBefore = timeShape): Tail {
  const beforePrev = `","ledger":"${ledger}","prev":${prev === null ? "null" : '"sha256:'}`;
  const beforeSeq = `${prev === null ? "" : `${noHash}"`},"seq":`;
  const digits = String(first).length;
  const prevAt = bodyAt + hashLength + beforePrev.length;
  const seqAt = prevAt + beforeSeq.length;
  const timeAt = seqAt + digits + ',"time":"'.length;
  const ownAt = timeAt + timeShape.length + '"},"sha256":"'.length;
  const expected = Buffer.from(
    `,"link":{"body":"sha256:${noHash}${beforePrev}${beforeSeq}${first},"time":"${timeBefore}"},"sha256":"${noHash}"}`,
  );
  let order = 0;
  return {
    length: expected.length,
    until: 10 ** digits,
    is(block, start, values) {
      order = 0;
      for (let i = timeAt; i < timeAt + timeShape.length; i++) {
        const [byte = 0, shape] = [block[start + i], timeShape.charCodeAt(i - timeAt)];
        if (shape === digit0 ? byte < digit0 || byte > digit9 : byte !== shape) return false;
        if (order === 0) order = byte - (expected[i] ?? 0);
        expected[i] = byte;
      }
      expected.write(values.body, bodyAt, "latin1");
      if (prev !== null) expected.write(values.prev, prevAt, "latin1");
      expected.write(String(values.seq), seqAt, "latin1");
      expected.write(values.own, ownAt, "latin1");
      return expected.compare(block, start, start + expected.length) === 0;
    },
    time: () => expected.toString("latin1", timeAt, timeAt + timeShape.length),
    wentBack: () => order < 0,
  };
}
