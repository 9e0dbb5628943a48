import { parseSpan } from "../core/days.ts";
import { isMoment } from "../core/text.ts";

/** `now`, `now-1h`, RFC 3339, or milliseconds since 1970, as milliseconds since 1970; undefined for anything else. */
export function parseMoment(text: string, now: number): number | undefined {
  const word = text.trim();
  if (word === "now") return now;
  const ago = /^now\s*-\s*(.+)$/.exec(word)?.[1];
  if (ago !== undefined) {
    const span = parseSpan(ago);
    return span === undefined ? undefined : now - span;
  }
  if (/^\d{12,14}$/.test(word)) return Number(word);
  const hasOffset = word.length === 10 || /(Z|[+-]\d{2}:\d{2})$/i.test(word);
  return isMoment(word) && hasOffset ? Date.parse(word) : undefined;
}

/** Where only one end is said. */
const defaultMs = 3_600_000;

/** A window in words; one end, or both, may be missing. */
export interface Between {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What is looked at: from and to, in milliseconds since 1970; null where neither is said, undefined where they are no window. */
export function windowOf(
  { from, to }: Between,
  now: number,
): { readonly from: number; readonly to: number } | null | undefined {
  if (from === undefined && to === undefined) return null;
  const end = to === undefined ? now : parseMoment(to, now);
  const start = from === undefined ? (end ?? now) - defaultMs : parseMoment(from, now);
  if (start === undefined || end === undefined || start >= end) return undefined;
  return { from: start, to: end };
}
