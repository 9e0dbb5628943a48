import { hash } from "node:crypto";

/**
 * How a ledger's line is written, whatever store keeps it:
 *
 *     {"entry":{…},"link":{"body":"sha256:…","ledger":"…","prev":"sha256:…","seq":12,"time":"…"},"sha256":"…"}
 *
 * Canonical JSON (RFC 8785) throughout. `link.body` is the SHA-256 of the stored bytes between the first brace and `,"link"`;
 * the line's own `sha256` is that of the stored bytes of `link`; `prev` is the own hash of the line before. So a line proves
 * itself, and a chain can still be followed where bodies are left out. This envelope never changes; what is in the
 * entry may.
 */
export interface Link {
  /** `sha256:` over the body's bytes. */
  readonly body: string;
  /** The chain's name, a UUID made with its first line. */
  readonly ledger: string;
  /** Own hash of the line before, with `sha256:`; null on the first line. */
  readonly prev: string | null;
  /** 1 on the first line; each one more. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds, by the clock of the machine that wrote it. */
  readonly time: string;
}

/** Where a chain ends: what the next line is chained to. */
export interface Head {
  readonly ledger: string;
  readonly seq: number;
  /** The last line's own hash: 64 lower-case hex digits. */
  readonly sha256: string;
  readonly time: string;
}

/** A line taken apart. */
export interface ReadLine {
  readonly link: Link;
  readonly sha256: string;
  /** `"entry":{…}` or `"checkpoint":{…}` as stored; null where only the link is given. */
  readonly body: string | null;
  /** Whether body and own hash are what they should be. */
  readonly whole: boolean;
}

const linkPattern =
  /([{,])"link":(\{"body":"sha256:([0-9a-f]{64})","ledger":"([0-9a-f-]{36})","prev":(?:null|"sha256:([0-9a-f]{64})"),"seq":([1-9]\d{0,14}),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"\}),"sha256":"([0-9a-f]{64})"\}$/;
/** No tail is longer. */
const longestTail = 420;

export const timePattern: RegExp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The text of a link, as it is stored and hashed. All parts are plain ASCII. */
export function linkText(bodyHash: string, at: Pick<Link, "ledger" | "prev" | "seq" | "time">): string {
  const prev = at.prev === null ? "null" : `"${at.prev}"`;
  return `{"body":"sha256:${bodyHash}","ledger":"${at.ledger}","prev":${prev},"seq":${at.seq},"time":"${at.time}"}`;
}

/** One line, with its line break, chained to a head. @param body `"entry":{…}`, canonical */
export function makeLine(
  body: string,
  head: Head | null,
  time: string,
  newLedger: () => string,
): { readonly line: string; readonly head: Head } {
  const seq = (head?.seq ?? 0) + 1;
  const ledger = head?.ledger ?? newLedger();
  const prev = head === null ? null : `sha256:${head.sha256}`;
  const link = linkText(hash("sha256", body, "hex"), { ledger, prev, seq, time });
  const sha256 = hash("sha256", link, "hex");
  return {
    line: `{${body},"link":${link},"sha256":"${sha256}"}\n`,
    head: { ledger, seq, sha256, time },
  };
}

/** Takes a line without its line break apart; undefined when it is none. */
export function readLine(line: Buffer): ReadLine | undefined {
  const tailStart = Math.max(0, line.length - longestTail);
  const found = linkPattern.exec(line.latin1Slice(tailStart, line.length));
  if (!found || line[0] !== 0x7b) return undefined;
  const [, before, text = "", body = "", ledger = "", prev, seq, time = "", sha256 = ""] = found;
  const bodyEnd = tailStart + found.index;
  const bare = before === "{";
  if (bare && bodyEnd !== 0) return undefined;
  const bytes = bare ? undefined : line.subarray(1, bodyEnd);
  const whole =
    hash("sha256", text, "hex") === sha256 && (bytes === undefined || hash("sha256", bytes, "hex") === body);
  return {
    link: {
      body: `sha256:${body}`,
      ledger,
      prev: prev === undefined ? null : `sha256:${prev}`,
      seq: Number(seq),
      time,
    },
    sha256,
    body: bytes === undefined ? null : bytes.toString("utf8"),
    whole,
  };
}

/** The same line without its body: still enough to follow the chain. */
export function withoutBody(line: ReadLine): string {
  return `{"link":${linkText(line.link.body.slice("sha256:".length), line.link)},"sha256":"${line.sha256}"}`;
}

export function headOf({ link, sha256 }: ReadLine): Head {
  return { ledger: link.ledger, seq: link.seq, sha256, time: link.time };
}
