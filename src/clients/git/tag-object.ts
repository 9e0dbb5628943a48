/** What an annotated tag says of itself. Text from outside: not fit to be printed as it is. */
export interface TagWords {
  readonly tagger: string | null;
  /** RFC 3339 */
  readonly date: string | null;
  /** The `Run:` trailer. */
  readonly run: string | null;
  /** Whether it brings a signature, good or not. */
  readonly signed: boolean;
}

/** The content of a tag object, as `git cat-file tag` writes it. */
export function parseTagObject(text: string): TagWords {
  const end = text.indexOf("\n\n");
  const head = end < 0 ? text : text.slice(0, end);
  const [, tagger = "", seconds] = /^tagger (.*?) *<[^>]*> (\d{1,11}) /m.exec(head) ?? [];
  return {
    tagger: tagger || null,
    // A year with more than four digits is nobody's date.
    date: seconds === undefined ? null : new Date(Number(seconds) * 1000).toISOString(),
    run: end < 0 ? null : trailer(text.slice(end + 2), "Run"),
    signed: end >= 0 && signatureStart.test(text.slice(end + 2)),
  };
}

function trailer(message: string, key: string): string | null {
  const unsigned = message.split(signatureStart)[0] ?? "";
  const last = unsigned.trimEnd().split("\n\n").at(-1) ?? "";
  const line = last.split("\n").find((candidate) => candidate.startsWith(`${key}: `));
  return line?.slice(key.length + 2).trim() || null;
}

/** Where git takes the rest of a tag for its signature. */
export const signatureStart = /^-----BEGIN (?:PGP|SSH|SIGNED) /m;
