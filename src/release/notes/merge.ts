import { oneLine } from "./text.ts";

/** What a merge commit brings in. */
export interface Merge {
  /** The pull request's title; null when the message has none, and what was merged has to speak for itself. */
  readonly title: string | null;
  /** The pull request's number. */
  readonly number: number | null;
}

const plainMerge = /^Merge (?:(?:remote-tracking )?branch(?:es)?|tags?|commits?|pull request|refs?) /;

/** Null for what is no merge. Squashed pull requests whose subject is a merge's are read too. */
export function readMerge(subject: string, body: string, parents: number): Merge | null {
  if (parents < 2 && !/^(?:Merged?|Pull request) /.test(subject)) return null;
  const inSubject =
    numbered(/^Merge pull request '(?<title>.+)' \(#(?<number>\d{1,9})\) from /.exec(subject)) ??
    numbered(
      /^(?:Merge )?[Pp]ull request #(?<number>\d{1,9})(?: in [^:]{1,200})?: (?<title>.+)$/.exec(subject),
    ) ??
    numbered(/^Merged PR (?<number>\d{1,9}): (?<title>.+)$/.exec(subject));
  if (inSubject) return inSubject;
  const number =
    /^Merge pull request #(\d{1,9}) from /.exec(subject)?.[1] ??
    /^Merged in \S{1,300} \(pull request #(\d{1,9})\)/.exec(subject)?.[1] ??
    /^See merge request \S{0,300}!(\d{1,9})$/m.exec(body)?.[1];
  if (number !== undefined) return { title: titleIn(body), number: Number(number) };
  if (parents < 2) return null;
  // Somebody wrote a subject of their own.
  return plainMerge.test(subject) || /^Merged? /.test(subject)
    ? { title: null, number: null }
    : { title: subject, number: null };
}

function numbered(match: RegExpExecArray | null): Merge | null {
  return match && { title: match.groups?.["title"] ?? null, number: Number(match.groups?.["number"]) };
}

/** The first line of the body, unless that is a trailer already. */
function titleIn(body: string): string | null {
  const line = oneLine(body.split("\n", 1)[0] ?? "");
  return line === "" || /^(?:See merge request|Closes|Approved-by|Reviewed-by|Signed-off-by|\* )/.test(line)
    ? null
    : line;
}
