import { count } from "../../core/text.ts";
import type { Forge } from "./forge.ts";
import { issueReference, pullRequestReference } from "./links.ts";
import type { Change, Group, Notes } from "./model.ts";
import { beginning, label, listed, nothing } from "./words.ts";

/** Text without any markup, for mails and terminals. Ends with a line break. */
export function plain(notes: Notes): string {
  return `${[notes.title, ...blocks(notes)].join("\n\n")}\n`;
}

function blocks(notes: Notes): string[] {
  const { style, commits, groups, contributors, initial } = notes;
  if (style === "plain" && commits.length > 0)
    return [commits.map(({ short, subject }) => `- ${short} ${subject}`).join("\n")];
  if (style === "plain") return [`- ${nothing(notes)}`];
  const since = beginning(notes);
  const newcomers = contributors.filter(({ first }) => first).map(({ name }) => name);
  return [
    ...(initial || groups.length === 0 ? [`- ${nothing(notes)}`] : []),
    ...groups.map((group) => list(group, notes.forge)),
    ...(contributors.length > 1 ? [`Thanks to ${listed(contributors.map(({ name }) => name))}.`] : []),
    ...(newcomers.length > 0 ? [`First contribution by ${listed(newcomers)}.`] : []),
    ...(since === null ? [] : [`${count(notes.summary.commits, "commit")} since ${since}.`]),
  ];
}

function list({ kind, title, changes }: Group, forge: Forge | null): string {
  return [...(title === null ? [] : [title]), ...changes.map((change) => item(change, kind, forge))].join(
    "\n",
  );
}

function item(change: Change, group: Group["kind"], forge: Forge | null): string {
  const { text, breakingNotes } = change;
  const before = label(change, group);
  const line = `- ${before === null ? "" : `${before}: `}${text} (${places(change, forge).join(", ")})`;
  return [line, ...breakingNotes.filter((note) => note !== text).map((note) => `  - ${note}`)].join("\n");
}

function places({ pullRequest, closes, advisories, text, short }: Change, forge: Forge | null): string[] {
  return [
    ...(pullRequest === null ? [] : [pullRequestReference(pullRequest, forge).text]),
    ...closes.map((issue) => `issue ${issueReference(issue, forge).text}`),
    ...advisories.filter((id) => !text.includes(id)),
    short,
  ];
}
