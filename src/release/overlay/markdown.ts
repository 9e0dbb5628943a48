import { count } from "../../core/text.ts";
import { inline, line } from "../notes/escape.ts";
import { type Notes, renderNotes } from "../notes/index.ts";
import type { Changelog, ClosedIssue, Overlay, OverlayChange, RiskyPaths } from "./model.ts";

const mostShown = 10;

/** The changelog as Markdown: what to look at first, then the notes. Ends with a line break. */
export function changelogMarkdown({ tag, rehearsal, notes, overlay }: Changelog): string {
  const blocks = [
    `# ${inline(tag)}${rehearsal ? " (rehearsal)" : ""}`,
    ...(rehearsal ? ["> This is a rehearsal: nothing of it was released."] : []),
    facts(notes, overlay),
    ...changeList("Breaking changes", overlay.breaking),
    ...changeList("Security", overlay.security),
    ...migrations(overlay.migrations),
    ...list(
      "Risky paths",
      overlay.risky.filter(({ label, configured }) => configured || label !== "migration").map(riskyLine),
    ),
    ...list("Issues closed", overlay.issues.map(issueLine)),
    ...list(
      "First contributions",
      overlay.newcomers.map(({ name, login }) => inline(login === null ? name : `${name} (@${login})`)),
    ),
    ...furtherChanges(notes),
    ...list("Pull requests", overlay.pullRequests.map(pullLine)),
    source(overlay),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function facts(notes: Notes, { totals, labels }: Overlay): string {
  const { date, previous, compareUrl } = notes;
  const since =
    previous && (compareUrl === null ? inline(previous.tag) : `[${inline(previous.tag)}](${compareUrl})`);
  const numbers = [
    `${count(totals.commits, "commit")}${since === null ? "" : ` since ${since}`}`,
    count(totals.pullRequests, "pull request"),
    count(totals.contributors, "contributor"),
  ];
  const frequent = labels.slice(0, mostShown).map(({ name, count: times }) => `${inline(name)} (${times})`);
  const labelled = frequent.length > 0 ? `\n\nLabels: ${frequent.join(", ")}` : "";
  return `${date} · ${numbers.join(" · ")}${labelled}`;
}

/** The notes, but for what stands above. */
function furtherChanges(notes: Notes): string[] {
  const groups = notes.groups.filter(({ kind }) => kind !== "breaking" && kind !== "security");
  if (groups.length === 0 && notes.groups.length > 0) return [];
  return [renderNotes({ ...notes, groups }, "markdown").trimEnd()];
}

function changeList(title: string, changes: readonly OverlayChange[]): string[] {
  return list(title, changes.map(changeLine));
}

function migrations({ changes, paths }: Overlay["migrations"]): string[] {
  const named = changes.length > 0 ? changes.map(changeLine) : [];
  const files = paths.length > 0 ? [`Files: ${pathsOf(paths, paths.length)}`] : [];
  return list("Migrations", [...named, ...files]);
}

function changeLine({ text, hash, pullRequest, url, notes, because }: OverlayChange): string {
  const place = pullRequest === null ? hash.slice(0, 7) : `#${pullRequest}`;
  const shown = url === null ? place : `[${place}](${url})`;
  const reason = because === "its commit says so" ? "" : `, ${inline(because)}`;
  return [`${line(text)} (${shown}${reason})`, ...notes.map((note) => `  - ${line(note)}`)].join("\n");
}

function riskyLine({ label, paths, total }: RiskyPaths): string {
  return `**${inline(label)}:** ${pathsOf(paths, total)}`;
}

function pathsOf(paths: readonly string[], total: number): string {
  const shown = paths.slice(0, mostShown).map((path) => inline(path));
  const rest = total - shown.length;
  return `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function issueLine({ reference, title, url }: ClosedIssue): string {
  const name = inline(reference.includes("#") ? reference : `#${reference}`);
  const shown = url === null ? name : `[${name}](${url})`;
  return title === null ? shown : `${shown} ${inline(title)}`;
}

function pullLine({ number, title, url, author, labels }: Overlay["pullRequests"][number]): string {
  const place = url === null ? `#${number}` : `[#${number}](${url})`;
  const by = author === null ? "" : ` by ${inline(`@${author}`)}`;
  const labelled = labels.length > 0 ? ` · ${labels.map((label) => inline(label)).join(", ")}` : "";
  return `${place} ${inline(title)}${by}${labelled}`;
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`## ${title}\n\n${items.map((item) => `- ${item}`).join("\n")}`];
}

function source({ source: { kind, reason, incomplete } }: Overlay): string {
  const from =
    kind === "github"
      ? "Pull requests, labels and issues as GitHub has them."
      : `From git alone${reason === null ? "" : ` (${inline(reason)})`}.`;
  return [from, ...incomplete.map((note) => `Not complete: ${inline(note)}.`)].join(" ");
}
