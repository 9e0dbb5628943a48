import { type Conventional, readConventional } from "./conventional.ts";
import { type Merge, readMerge } from "./merge.ts";
import { type Rest, readRest } from "./rest.ts";
import { type Revert, readRevert } from "./revert.ts";
import { oneLine } from "./text.ts";

/** What a commit's message says. Text is on one line, and safe to print. */
export interface Message {
  readonly subject: string;
  /** The subject, or a merge's own title, without the pull request's number. */
  readonly title: string;
  readonly conventional: Conventional | null;
  /** Of the pull request that it came with, when its subject ends with it. */
  readonly pullRequest: number | null;
  /** What the number is written with: `!` is a merge request's for sure. */
  readonly mark: "#" | "!";
  readonly merge: Merge | null;
  readonly revert: Revert | null;
  readonly rest: Rest;
}

/** Reads a message. Nothing in here takes longer than in proportion to its length. */
export function readMessage(message: string, parents: number): Message {
  const { head, body } = split(message);
  const subject = oneLine(head);
  const merge = readMerge(subject, body, parents);
  const { title, pullRequest, mark } = withoutPullRequest(merge?.title ?? subject);
  return {
    subject,
    title,
    conventional: readConventional(title),
    pullRequest: merge?.number ?? pullRequest,
    mark: merge?.number == null ? mark : "!",
    merge,
    revert: readRevert(subject, body),
    rest: readRest(title, body),
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

/** `… (#12)`, as squash merges end; `(!45)` on GitLab. The last one counts. */
function withoutPullRequest(subject: string): Pick<Message, "title" | "pullRequest" | "mark"> {
  const open = subject.endsWith(")") ? subject.lastIndexOf("(") : -1;
  const match = open > 0 ? /^\((?:PR )?([#!])(\d{1,9})\)$/.exec(subject.slice(open)) : null;
  const title = match ? subject.slice(0, open).trimEnd() : "";
  if (!match || title === "") return { title: subject, pullRequest: null, mark: "#" };
  return { title, pullRequest: Number(match[2]), mark: match[1] === "!" ? "!" : "#" };
}
