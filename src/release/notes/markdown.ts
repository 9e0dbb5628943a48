import { count } from "../../core/text.ts";
import { inline, line } from "./escape.ts";
import { issueUrl } from "./forge.ts";
import type { Change, Contributor, Group, Notes } from "./model.ts";
import { beginning, label, listed, nothing } from "./words.ts";

/** Markdown for a release page, a changelog or a file. Ends with a line break. */
export function markdown(notes: Notes): string {
  return `${[`## ${inline(notes.title)}`, ...body(notes, 3)].join("\n\n")}\n`;
}

/** The notes without their heading, in blocks. @param level of the headings within, 3 for `###` */
export function body(notes: Notes, level: number): string[] {
  const issue = (number: number) => notes.forge && issueUrl(notes.forge, number);
  if (notes.style === "plain") {
    const lines = notes.commits.map(({ short, subject }) => `- ${short} ${inline(subject)}`);
    return [lines.length > 0 ? lines.join("\n") : `- ${inline(nothing(notes))}`];
  }
  const marks = "#".repeat(level);
  const group = ({ kind, title, changes }: Group) => [
    ...(title === null ? [] : [`${marks} ${title}`]),
    changes.map((change) => item(change, kind, issue)).join("\n"),
  ];
  return [
    ...(notes.initial || notes.groups.length === 0 ? [`- ${inline(nothing(notes))}`] : []),
    ...notes.groups.flatMap(group),
    ...thanks(notes.contributors),
    ...comparison(notes),
  ];
}

type Issue = (number: number) => string | null;

function item(change: Change, group: Group["kind"], issue: Issue): string {
  const { text, breakingNotes } = change;
  const before = label(change, group);
  const name = before === null ? "" : `**${inline(before)}:** `;
  const said = name === "" ? line(text, issue) : name + inline(text, issue);
  const first = `- ${said} (${places(change)})`;
  if (breakingNotes.length === 0) return first;
  const notes = breakingNotes.filter((note) => note !== text).map((note) => `  - ${line(note, issue)}`);
  return [first, ...notes].join("\n");
}

/** Where a change can be read about: pull request, what it closes, advisories, the commit. */
function places({ pullRequest, closes, advisories, text, short, url }: Change): string {
  let result = pullRequest === null ? "" : `${linked(pullRequest.text, pullRequest.url)}, `;
  for (const closed of closes) {
    // Another project's name is text from outside; a number alone is not.
    const label = closed.text.includes("/") ? inline(closed.text) : closed.text;
    result += `issue ${linked(label, closed.url)}, `;
  }
  for (const id of advisories) if (!text.includes(id)) result += `${id}, `;
  return result + linked(short, url);
}

function linked(label: string, url: string | null): string {
  return url === null ? label : `[${label}](${url})`;
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
