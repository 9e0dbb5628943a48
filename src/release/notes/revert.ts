/** What a commit takes back. */
export interface Revert {
  /** Object names, perhaps abbreviated. */
  readonly hashes: readonly string[];
  /** The pull request whose merge is taken back. */
  readonly pullRequest: number | null;
  /** The subject of the commit that is taken back. */
  readonly subject: string | null;
}

const words = /^(?:re-?appl(?:y|ies)|(?:re)?reverts?|back(?:ed|s)? ?out|roll(?:ed|s)?[ -]?back|undo)\b/i;
const mentions = /revert|re-?appl|back ?out|backe|roll|undo/i;
const typed = /^[A-Za-z]+(?:\([^()]{0,100}\))?!?: /;

/** Null for a commit that takes nothing back as a whole: one that only mentions a revert is none. */
export function readRevert(subject: string, body: string): Revert | null {
  // Each of the ways to say it has one of these.
  if (!mentions.test(subject) && !body.includes("This reverts")) return null;
  const type = typed.exec(subject)?.[0] ?? "";
  const isTyped = /^reverts?\b/i.test(type);
  const bare = subject.slice(type.length);
  const hashes = [...body.matchAll(/^This reverts (?:merge )?commits? ([0-9a-f]{7,64})\b/gim)].map(
    ([, hash = ""]) => hash,
  );
  const isRevert = isTyped || words.test(bare) || (type === "" && hashes.length > 0);
  if (!isRevert) return null;
  if (isTyped) hashes.push(...referred(body));
  const pullRequest = /^Reverts (?:[\w.-]{1,100}\/[\w.-]{1,100})?[#!](\d{1,9})\b/m.exec(body)?.[1];
  const revert = {
    hashes,
    pullRequest: pullRequest === undefined ? null : Number(pullRequest),
    subject: subjectOf(bare, isTyped),
  };
  return hashes.length === 0 && pullRequest === undefined && revert.subject === null ? null : revert;
}

/** `Refs: 676104e, a215868`, as the Conventional Commits specification suggests. */
function referred(body: string): string[] {
  const list = /^Refs: ?((?:[0-9a-f]{7,64}(?:, ?)?){1,50})$/m.exec(body)?.[1];
  return list?.match(/[0-9a-f]{7,64}/g) ?? [];
}

function subjectOf(bare: string, isTyped: boolean): string | null {
  const quoted = /^Revert "(.+)"(?: \(#\d{1,9}\))?$/s.exec(bare)?.[1];
  if (quoted !== undefined) return quoted;
  // What is applied again has been taken back by a commit of this subject.
  const again = /^Reapply "(.+)"(?: \(#\d{1,9}\))?$/s.exec(bare)?.[1];
  if (again !== undefined) return `Revert "${again}"`;
  return isTyped ? bare : null;
}
