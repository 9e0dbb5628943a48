import { type Merge, readMerge } from "./merge.ts";
import { type Revert, readRevert } from "./revert.ts";
import { oneLine } from "./text.ts";

/** What a commit's message says. Text is on one line, and safe to print. */
export interface Message {
  readonly subject: string;
  readonly conventional: Conventional | null;
  /** What breaks, by its footers. */
  readonly breakingNotes: readonly string[];
  readonly advisories: readonly string[];
  /** Of the pull request that it came with, when its subject ends with it. */
  readonly pullRequest: number | null;
  /** `12`, or `owner/name#12`. */
  readonly closes: readonly string[];
  readonly merge: Merge | null;
  readonly revert: Revert | null;
  /** Full object names. */
  readonly pickedFrom: readonly string[];
  readonly coAuthors: readonly { readonly name: string; readonly email: string }[];
}

export interface Conventional {
  readonly type: string;
  readonly scope: string | null;
  readonly breaking: boolean;
  readonly description: string;
}

/** Reads a message. Nothing in here takes longer than in proportion to its length. */
export function readMessage(message: string, parents: number): Message {
  const { head, body } = split(message);
  const subject = oneLine(head);
  const merge = readMerge(subject, body, parents);
  const titled = merge?.title ?? subject;
  const { text, pullRequest } = withoutPullRequest(titled);
  return {
    subject,
    conventional: readConventional(text),
    pullRequest: merge?.number ?? pullRequest,
    merge,
    revert: readRevert(subject, body),
    ...(body === "" ? noBody(subject) : readBody(subject, body)),
  };
}

/** The first paragraph is the subject, as git has it, unless a list or a footer follows at once. */
function split(message: string): { head: string; body: string } {
  const text = message.replace(/^\s+/, "");
  const end = text.indexOf("\n");
  if (end < 0) return { head: text, body: "" };
  const lines = text.slice(0, 5000).split("\n");
  let count = 1;
  while (count < lines.length && continues(lines[count] ?? "")) count++;
  const head = lines.slice(0, count).join("\n");
  return { head, body: text.slice(head.length).trim() };
}

function continues(line: string): boolean {
  return line.trim() !== "" && !/^\s*[-*+•] |^[A-Za-z][\w-]*(?: #|: )|^BREAKING[ -]CHANGE/.test(line);
}

const emoji = /^(?::[a-z0-9_+-]{2,40}:|\p{Extended_Pictographic}\ufe0f?)\s*/u;
const conventional = /^([A-Za-z][A-Za-z-]{0,20})(!?)\s?(?:\(([^()]{0,100})\))?\s?(!?):\s*(\S.*)$/s;
const types = new Map(
  Object.entries({
    feat: ["feature", "feats", "features"],
    fix: ["bugfix", "hotfix", "fixes", "bug"],
    perf: ["performance"],
    security: ["sec"],
    docs: ["doc", "documentation"],
    refactor: ["refact"],
    test: ["tests"],
    deps: ["dep"],
    revert: ["reverts"],
    ...Object.fromEntries(
      ["style", "build", "ci", "chore", "release", "types", "i18n", "config", "wip"].map((type) => [
        type,
        [],
      ]),
    ),
  }).flatMap(([type, others]) => [type, ...others].map((name) => [name, type] as const)),
);

/** `type(scope)!: description`; a type in capitals and an emoji before it are read too. An unknown type counts when it breaks. */
function readConventional(subject: string): Conventional | null {
  const text = /^[A-Za-z]/.test(subject) ? subject : subject.replace(emoji, "");
  const match = conventional.exec(text);
  if (!match) return null;
  const [, word = "", early = "", scope = "", late = "", description = ""] = match;
  const breaking = early !== "" || late !== "";
  const type = types.get(word.toLowerCase()) ?? (breaking ? word.toLowerCase() : undefined);
  if (type === undefined) return null;
  return { type, scope: scope.trim() || null, breaking, description: description.trim() };
}

/** `… (#12)`, as squash merges end; `(!45)` on GitLab. The last one counts. */
export function withoutPullRequest(subject: string): { text: string; pullRequest: number | null } {
  const match = /^(.*\S)\s*\((?:#|!|PR #)(\d{1,9})\)$/s.exec(subject);
  return match
    ? { text: match[1] ?? "", pullRequest: Number(match[2]) }
    : { text: subject, pullRequest: null };
}

type Body = Pick<Message, "breakingNotes" | "advisories" | "closes" | "pickedFrom" | "coAuthors">;

function noBody(subject: string): Body {
  const closes = /#\d/.test(subject) ? readCloses(subject) : [];
  return { breakingNotes: [], advisories: readAdvisories(subject), closes, pickedFrom: [], coAuthors: [] };
}

function readBody(subject: string, body: string): Body {
  const both = `${subject}\n${body}`;
  return {
    breakingNotes: readBreakingNotes(body),
    advisories: readAdvisories(both),
    closes: /#\d/.test(both) ? readCloses(both) : [],
    pickedFrom: [...body.matchAll(/^\(cherry picked from commit ([0-9a-f]{7,64})\)/gm)].map(
      ([, hash = ""]) => hash,
    ),
    coAuthors: [...body.matchAll(/^co-authored-by:[ \t]*([^<\n]{0,200})<([^>\s]{1,200})>/gim)].map(
      ([, name = "", email = ""]) => ({ name: oneLine(name, 100), email }),
    ),
  };
}

function readAdvisories(text: string): string[] {
  if (!/CVE-|GHSA-/i.test(text)) return [];
  const ids = text.match(/\bCVE-\d{4}-\d{4,7}\b|\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b/gi) ?? [];
  return [
    ...new Set(ids.map((id) => (/^cve/i.test(id) ? id.toUpperCase() : `GHSA${id.slice(4).toLowerCase()}`))),
  ];
}

const closing =
  /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+((?:[\w.-]{1,100}\/[\w./-]{1,100})?#\d{1,9}(?:(?:,| and|, and)\s*#\d{1,9}){0,20})/gi;

function readCloses(text: string): string[] {
  const references = [...text.matchAll(closing)].flatMap(
    ([, list = ""]) => list.match(/(?:[\w./-]+)?#\d+/g) ?? [],
  );
  return [...new Set(references.map((reference) => reference.replace(/^#/, "")))];
}

const footer = /^[A-Za-z][\w-]*(?:: | #)/;

/** What follows `BREAKING CHANGE:`, to the end of its paragraph; and the lines of a squashed list that break. */
function readBreakingNotes(body: string): string[] {
  if (!/BREAKING|!:/.test(body)) return [];
  const lines = body.split("\n");
  const notes: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const bullet = /^\s*[-*] [A-Za-z]+(?:\([^()]{0,100}\))?!: (.+)/.exec(line)?.[1];
    if (bullet !== undefined) notes.push(oneLine(bullet));
    const start = /^[\s*-]{0,8}BREAKING[ -]CHANGES?\s?:(.*)/.exec(line)?.[1];
    if (start === undefined) continue;
    const text = [start];
    // A text that starts on a line of its own, after the words.
    while (i + 1 < lines.length && start.trim() === "" && text.length === 1 && lines[i + 1]?.trim() === "")
      i++;
    while (i + 1 < lines.length && lines[i + 1]?.trim() !== "" && !footer.test(lines[i + 1] ?? ""))
      text.push(lines[++i] ?? "");
    notes.push(oneLine(text.join(" ")));
  }
  return [...new Set(notes.filter((note) => note !== ""))];
}
