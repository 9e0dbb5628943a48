import { count } from "../../core/text.ts";
import { inline } from "./escape.ts";
import { issueUrl } from "./forge.ts";
import type { Change, Contributor, Group, Notes, Reference } from "./model.ts";
import { beginning, label, listed, nothing, references } from "./words.ts";

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
  const group = ({ title, changes }: Group) => [
    ...(title === null ? [] : [`${marks} ${title}`]),
    changes.map((change) => item(change, issue)).join("\n"),
  ];
  return [
    ...(notes.initial || notes.groups.length === 0 ? [`- ${inline(nothing(notes))}`] : []),
    ...notes.groups.flatMap(group),
    ...thanks(notes.contributors),
    ...comparison(notes),
  ];
}

type Issue = (number: number) => string | null;

function item(change: Change, issue: Issue): string {
  const { text, breakingNotes } = change;
  const before = label(change);
  const name = before === null ? "" : `**${inline(before)}:** `;
  const line = `- ${name}${inline(text, issue)} (${references(change).map(linked).join(", ")})`;
  const notes = breakingNotes.filter((note) => note !== text).map((note) => `  - ${inline(note, issue)}`);
  return [line, ...notes].join("\n");
}

function linked({ text, url }: Reference): string {
  const [word = "", ...rest] = text.split(" ").reverse();
  const label = url === null ? inline(word) : `[${inline(word).replace(/^\\#/, "#")}](${url})`;
  return [...rest.reverse(), label].join(" ");
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
