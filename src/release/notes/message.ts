import { type Merge, readMerge } from "./merge.ts";
import { type Revert, readRevert } from "./revert.ts";
import { oneLine } from "./text.ts";

/** What a commit's message says. Text is on one line, and safe to print. */
export interface Message {
  readonly subject: string;
  readonly conventional: Conventional | null;
  /** Of the pull request that it came with, when its subject ends with it. */
  readonly pullRequest: number | null;
  /** What the number is written with: `!` is a merge request's for sure. */
  readonly mark: "#" | "!";
  readonly merge: Merge | null;
  readonly revert: Revert | null;
  readonly rest: Rest;
}

/** What a message says besides its subject. */
export interface Rest {
  /** What breaks, by its footers. */
  readonly breakingNotes: readonly string[];
  readonly advisories: readonly string[];
  /** `12`, or `owner/name#12`. */
  readonly closes: readonly string[];
  /** Object names, perhaps abbreviated. */
  readonly pickedFrom: readonly string[];
  readonly coAuthors: readonly { readonly name: string; readonly email: string }[];
}

/** Nearly every message has this. */
const nothing: Rest = { breakingNotes: [], advisories: [], closes: [], pickedFrom: [], coAuthors: [] };

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
  const { text, pullRequest, mark } = withoutPullRequest(titled);
  return {
    subject,
    conventional: readConventional(text),
    pullRequest: merge?.number ?? pullRequest,
    mark: merge?.number == null ? mark : "!",
    merge,
    revert: readRevert(subject, body),
    rest: readRest(subject, body),
  };
}

/** The first paragraph is the subject, as git has it, unless a list or a footer follows at once. */
function split(message: string): { head: string; body: string } {
  const text = /^\s/.test(message) ? message.trimStart() : message;
  const end = text.indexOf("\n");
  if (end < 0) return { head: text, body: "" };
  if (end + 1 === text.length || text[end + 1] === "\n")
    return { head: text.slice(0, end), body: text.slice(end + 1).trim() };
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
  if (!subject.includes(":")) return null;
  const text = /^[A-Za-z]/.test(subject) ? subject : subject.replace(emoji, "");
  const match = conventional.exec(text);
  if (!match) return null;
  const [, word = "", early = "", scope = "", late = "", description = ""] = match;
  const breaking = early !== "" || late !== "";
  const type =
    types.get(word) ?? types.get(word.toLowerCase()) ?? (breaking ? word.toLowerCase() : undefined);
  if (type === undefined) return null;
  return { type, scope: scope.trim() || null, breaking, description: description.trim() };
}

/** `… (#12)`, as squash merges end; `(!45)` on GitLab. The last one counts. */
export function withoutPullRequest(subject: string): {
  text: string;
  pullRequest: number | null;
  mark: "#" | "!";
} {
  const match = subject.endsWith(")") ? /^(.*\S)\s*\((?:PR )?([#!])(\d{1,9})\)$/s.exec(subject) : null;
  if (!match) return { text: subject, pullRequest: null, mark: "#" };
  return { text: match[1] ?? "", pullRequest: Number(match[3]), mark: match[2] === "!" ? "!" : "#" };
}

const telling = /BREAKING|!:|[Cc][Vv][Ee]-|[Gg][Hh][Ss][Aa]-|#\d|cherry picked|[Cc]o-[Aa]uthored-[Bb]y:/;

function readRest(subject: string, body: string): Rest {
  const both = body === "" ? subject : `${subject}\n${body}`;
  if (!telling.test(both)) return nothing;
  const rest: Rest = {
    breakingNotes: readBreakingNotes(body),
    advisories: readAdvisories(both),
    closes: readCloses(both),
    pickedFrom: readPicked(body),
    coAuthors: readCoAuthors(body),
  };
  return Object.values(rest).every((list: readonly unknown[]) => list.length === 0) ? nothing : rest;
}

function readPicked(body: string): readonly string[] {
  if (!body.includes("cherry picked")) return nothing.pickedFrom;
  const found = body.matchAll(/^\(cherry picked from commit ([0-9a-f]{7,64})\)/gm);
  return [...found].map(([, hash = ""]) => hash);
}

function readCoAuthors(body: string): Rest["coAuthors"] {
  if (!/co-authored-by:/i.test(body)) return nothing.coAuthors;
  const found = body.matchAll(/^co-authored-by:[ \t]*([^<\n]{0,200})<([^>\s]{1,200})>/gim);
  return [...found].map(([, name = "", email = ""]) => ({ name: oneLine(name, 100), email }));
}

function readAdvisories(text: string): readonly string[] {
  if (!/CVE-|GHSA-/i.test(text)) return nothing.advisories;
  const ids = text.match(/\bCVE-\d{4}-\d{4,7}\b|\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b/gi) ?? [];
  return [
    ...new Set(ids.map((id) => (/^cve/i.test(id) ? id.toUpperCase() : `GHSA${id.slice(4).toLowerCase()}`))),
  ];
}

const closing = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+((?:[\w.-]{1,60}\/[\w./-]{1,60})?)$/i;
const further = /^(?:,| and|, and)\s*$/;

/** What a closing word stands before: `closes #12, #13 and owner/name#14`. */
function readCloses(text: string): readonly string[] {
  let found: string[] | undefined;
  // Where the last one ended.
  let end = -1;
  for (let mark = text.indexOf("#"); mark >= 0; mark = text.indexOf("#", mark + 1)) {
    const [number] = /^\d{1,9}/.exec(text.slice(mark + 1, mark + 11)) ?? [];
    if (number === undefined) continue;
    const continued = end >= 0 && mark - end < 8 && further.test(text.slice(end, mark));
    const path = continued ? "" : closing.exec(text.slice(Math.max(0, mark - 140), mark))?.[1];
    if (path === undefined) continue;
    end = mark + 1 + number.length;
    found ??= [];
    found.push(path === "" ? number : `${path}#${number}`);
  }
  return found === undefined ? nothing.closes : [...new Set(found)];
}

const footer = /^[A-Za-z][\w-]*(?:: | #)/;

/** What follows `BREAKING CHANGE:`, to the end of its paragraph; and the lines of a squashed list that break. */
function readBreakingNotes(body: string): readonly string[] {
  if (!/BREAKING|!:/.test(body)) return nothing.breakingNotes;
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
