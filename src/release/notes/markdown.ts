import { count } from "../../core/text.ts";
import { inline, line } from "./escape.ts";
import { type Forge, issueUrl } from "./forge.ts";
import { commitReference, issueReference, pullRequestReference, type Reference } from "./links.ts";
import type { Change, Contributor, Group, Notes } from "./model.ts";
import { beginning, label, listed, nothing } from "./words.ts";

/** Markdown for a release page, a changelog or a file. Ends with a line break. */
export function markdown(notes: Notes): string {
  return `## ${inline(notes.title)}\n\n${body(notes)}`;
}

/** The notes without their heading, which is of the second level. Ends with a line break. */
export function body(notes: Notes): string {
  if (notes.style === "plain") {
    const lines = notes.commits.map(({ short, subject }) => `- ${short} ${inline(subject)}\n`);
    return lines.length > 0 ? lines.join("") : `- ${inline(nothing(notes))}\n`;
  }
  const blocks = [
    ...(notes.initial || notes.groups.length === 0 ? [[`- ${inline(nothing(notes))}\n`]] : []),
    ...notes.groups.map((group) => listOf(group, notes.forge)),
    ...[...thanks(notes.contributors), ...comparison(notes)].map((paragraph) => [`${paragraph}\n`]),
  ];
  return blocks.flatMap((block, i) => (i === 0 ? block : ["\n", ...block])).join("");
}

/** Items that are put together at once: what they are made of is gone again before there are very many. */
const batch = 500;

type Issue = (number: number) => string | null;

function listOf({ kind, title, changes }: Group, forge: Forge | null): readonly string[] {
  const issue: Issue = (number) => forge && issueUrl(forge, number);
  const texts: string[] = title === null ? [] : [`### ${title}\n\n`];
  for (let i = 0; i < changes.length; i += batch) {
    const items = changes.slice(i, i + batch).map((change) => item(change, kind, forge, issue));
    texts.push(items.join(""));
  }
  return texts;
}

function item(change: Change, group: Group["kind"], forge: Forge | null, issue: Issue): string {
  const { text, breakingNotes } = change;
  const before = label(change, group);
  const said = before === null ? line(text, issue) : `**${inline(before)}:** ${inline(text, issue)}`;
  const first = `- ${said} (${places(change, forge)})\n`;
  if (breakingNotes.length === 0) return first;
  const notes = breakingNotes.filter((note) => note !== text).map((note) => `  - ${line(note, issue)}\n`);
  return first + notes.join("");
}

/** Where a change can be read about: pull request, what it closes, advisories, the commit. */
function places(change: Change, forge: Forge | null): string {
  const { pullRequest, closes, advisories, text } = change;
  let result = pullRequest === null ? "" : `${linked(pullRequestReference(pullRequest, forge))}, `;
  for (const issue of closes) result += `issue ${linked(issueReference(issue, forge))}, `;
  for (const id of advisories) if (!text.includes(id)) result += `${id}, `;
  return result + linked(commitReference(change, forge));
}

function linked({ text, url }: Reference): string {
  // Another project's name is text from outside; a number or a hash is not.
  const shown = text.includes("/") ? inline(text) : text;
  return url === null ? shown : `[${shown}](${url})`;
}

function thanks(contributors: readonly Contributor[]): string[] {
  const first = contributors.filter((person) => person.first);
  const all = contributors.length > 1 ? [`Thanks to ${listed(contributors.map(named))}.`] : [];
  const newcomers = first.length > 0 ? [`First contribution by ${listed(first.map(named))}.`] : [];
  return all.length + newcomers.length === 0 ? [] : [[...all, ...newcomers].join(" ")];
}

function named({ name, login }: Contributor): string {
  if (login === null) return inline(name);
  return name.toLowerCase() === login.toLowerCase()
    ? inline(`@${login}`)
    : `${inline(name)} (${inline(`@${login}`)})`;
}

function comparison(notes: Notes): string[] {
  const { compareUrl, version, commit, summary } = notes;
  const since = beginning(notes);
  if (since === null) return [];
  const text = `${count(summary.commits, "commit")} since ${inline(since)}`;
  if (compareUrl === null) return [`${text}.`];
  return [`${text}: [${inline(since)}...${inline(version ?? commit.slice(0, 7))}](${compareUrl})`];
}
