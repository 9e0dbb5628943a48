import { compareVersions } from "../../core/version.ts";
import { parseVersionTag, type VersionTag } from "../version.ts";
import { inline } from "./escape.ts";
import { body } from "./markdown.ts";
import type { Notes } from "./model.ts";

const intro = "# Changelog\n\nNotable changes of every release.\n\n";

export interface Insertion {
  /** Null: the version's section is there already, and nothing is changed. */
  readonly content: Buffer | null;
  /** 1-based line of the section's heading. */
  readonly line: number;
}

/**
 * Puts a version's section where it belongs: newest first, after what is not released yet. Line ends, a byte order mark
 * and every byte that is there already stay.
 * @param existing null when there is no changelog yet
 */
export function insertSection(
  existing: Buffer | null,
  notes: Notes,
  version: VersionTag,
  mask: (text: string) => string,
): Insertion {
  const file = existing === null || isBlank(existing) ? Buffer.from(intro) : existing;
  // One character a byte: headings and line ends are found, and nothing is decoded.
  const text = file.toString("latin1");
  const headings = headingsOf(text);
  const own = headings.find((heading) => heading.version && isSame(heading.version, version));
  if (own) return { content: null, line: lineOf(text, own.index) };
  const lineEnd = /\r\n/.test(text) ? "\r\n" : "\n";
  const index = placeFor(version, headings, text);
  const before = withBlankLine(file.subarray(0, index), lineEnd);
  const after = file.subarray(index);
  const gap = after.length > 0 ? lineEnd : "";
  const section = mask(sectionOf(notes, version, headings)).replaceAll("\n", lineEnd) + gap;
  const content = Buffer.concat([before, Buffer.from(section), after]);
  return { content, line: lineOf(content.toString("latin1"), before.length) };
}

function isBlank(file: Buffer): boolean {
  return file.toString("latin1").replace(/^ï»¿/, "").trim() === "";
}

interface Heading {
  readonly index: number;
  readonly text: string;
  readonly version: VersionTag | undefined;
}

const named = /^(?:changes in |release |version )?\[?([^\s\]()]+)\]?/i;

/** Headings of the second level, outside of code. */
function headingsOf(text: string): readonly Heading[] {
  const headings: Heading[] = [];
  let fence = "";
  let index = 0;
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (fence === "" && mark !== "") fence = mark;
    else if (fence !== "" && mark.startsWith(fence) && line.trim() === mark) fence = "";
    const title = fence === "" ? /^(?:ï»¿)?## +(.*)$/.exec(line.trimEnd())?.[1] : undefined;
    if (title !== undefined) headings.push({ index, text: title, version: versionIn(title) });
    index += line.length + 1;
  }
  return headings;
}

function versionIn(title: string): VersionTag | undefined {
  const [, name = ""] = named.exec(title.replaceAll("&#8203;", "")) ?? [];
  return parseVersionTag(name.replace(/[:,]$/, ""));
}

/** A changelog may leave out the `v` that its tags have. */
function isSame(a: VersionTag, b: VersionTag): boolean {
  return compareVersions(a.version, b.version) === 0 && bare(a.prefix) === bare(b.prefix);
}

function bare(prefix: string): string {
  return prefix.replace(/(^|[@/_-])v$/i, "$1");
}

function placeFor(version: VersionTag, headings: readonly Heading[], text: string): number {
  const earlier = headings.find(
    (heading) =>
      heading.version &&
      bare(heading.version.prefix) === bare(version.prefix) &&
      compareVersions(heading.version.version, version.version) < 0,
  );
  if (earlier) return earlier.index;
  const end = links(text);
  const last = headings.findLastIndex((heading) => heading.version);
  const unreleased = headings.findIndex(({ text: title }) => /^\[?unreleased\b/i.test(title));
  const before = last >= 0 ? last : unreleased;
  // After a section comes the next heading, or what ends the file.
  if (before >= 0) return headings[before + 1]?.index ?? end;
  return headings[0]?.index ?? end;
}

/** Where the link definitions at the end begin. */
function links(text: string): number {
  let [end, start] = [text.length, text.length];
  while (end > 0) {
    const from = text.lastIndexOf("\n", end - 2) + 1;
    const line = text.slice(from, end).trim();
    if (/^\[[^\]]+\]: /.test(line)) start = from;
    else if (line !== "") break;
    end = from;
  }
  return start;
}

function withBlankLine(before: Buffer, lineEnd: string): Buffer {
  const text = before.toString("latin1");
  if (text === "" || text === "ï»¿" || /\n[ \t]*\r?\n$/.test(text)) return before;
  return Buffer.concat([before, Buffer.from(text.endsWith("\n") ? lineEnd : lineEnd + lineEnd)]);
}

/** `## [1.4.2] - 2026-11-21`, with or without brackets and `v` as the sections before it have them. */
function sectionOf(
  notes: Notes,
  { name, prefix, version }: VersionTag,
  headings: readonly Heading[],
): string {
  const model = headings.find((heading) => heading.version && bare(heading.version.prefix) === bare(prefix));
  const brackets = model === undefined || model.text.includes("[");
  const leavesOutV = model?.version ? !/v$/i.test(model.version.prefix) : true;
  const shown = /^v$/i.test(prefix) && leavesOutV ? version.text.slice(1) : name;
  const link = notes.compareUrl === null ? "" : `(${notes.compareUrl})`;
  const words = /^(?:changes in |release |version )/i.exec(model?.text ?? "")?.[0] ?? "";
  const title = brackets ? `[${inline(shown)}]${link}` : inline(shown);
  return `## ${words}${title} - ${notes.date}\n\n${body(notes)}`;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
