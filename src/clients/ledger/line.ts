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
  /** Where the body ends; 0 where only the link is given. */
  readonly bodyEnd: number;
}

const linkPattern =
  /([{,])"link":(\{"body":"sha256:([0-9a-f]{64})","ledger":"([0-9a-f-]{36})","prev":(?:null|"sha256:([0-9a-f]{64})"),"seq":([1-9]\d{0,14}),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"\}),"sha256":"([0-9a-f]{64})"\}$/;
/** No tail is longer. */
const longestTail = 420;
export const openBrace = 0x7b;

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

/** What a line without its line break says of itself, unproven; undefined when it is none. */
export function readLink(line: Buffer): (ReadLine & { readonly text: string }) | undefined {
  const tailStart = Math.max(0, line.length - longestTail);
  const found = linkPattern.exec(line.toString("latin1", tailStart));
  if (!found || line[0] !== openBrace) return undefined;
  const [, before, text = "", body, ledger = "", prev, seq, time = "", sha256 = ""] = found;
  const bodyEnd = tailStart + found.index;
  if (before === "{" && bodyEnd !== 0) return undefined;
  return {
    link: {
      body: `sha256:${body}`,
      ledger,
      prev: prev === undefined ? null : `sha256:${prev}`,
      seq: Number(seq),
      time,
    },
    sha256,
    bodyEnd,
    text,
  };
}

/** The same for a line whose hashes are right; `damaged` when they are not. */
export function readLine(line: Buffer): ReadLine | "damaged" | undefined {
  const found = readLink(line);
  if (!found) return undefined;
  const { link, sha256, bodyEnd, text } = found;
  const right =
    hash("sha256", text, "hex") === sha256 &&
    (bodyEnd === 0 || `sha256:${hash("sha256", line.subarray(1, bodyEnd), "hex")}` === link.body);
  return right ? found : "damaged";
}

/** `"entry":{…}` or `"checkpoint":{…}` as stored; null where only the link is given. */
export function bodyOf(line: Buffer, { bodyEnd }: ReadLine): string | null {
  return bodyEnd === 0 ? null : line.toString("utf8", 1, bodyEnd);
}

/** The same line without its body: still enough to follow the chain. */
export function withoutBody(line: ReadLine): string {
  return `{"link":${linkText(line.link.body.slice("sha256:".length), line.link)},"sha256":"${line.sha256}"}`;
}

export function headOf({ link, sha256 }: ReadLine): Head {
  return { ledger: link.ledger, seq: link.seq, sha256, time: link.time };
}
