import { oneLine } from "./text.ts";

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

const telling = /#\d|BREAKING|!:|[Cc][Vv][Ee]-|[Gg][Hh][Ss][Aa]-|cherry picked|[Cc]o-[Aa]uthored-[Bb]y:/;
const another = /BREAKING|!:|[Cc][Vv][Ee]-|[Gg][Hh][Ss][Aa]-|cherry picked|[Cc]o-[Aa]uthored-[Bb]y:/;

/** @param title without the number of its own pull request */
export function readRest(title: string, body: string): Rest {
  const [inTitle, inBody] = [telling.test(title), telling.test(body)];
  if (!inTitle && !inBody) return nothing;
  const text = !inTitle ? body : !inBody ? title : `${title}\n${body}`;
  const closes = readCloses(text);
  if (!another.test(text)) return closes === nothing.closes ? nothing : { ...nothing, closes };
  return {
    breakingNotes: readBreakingNotes(body),
    advisories: readAdvisories(text),
    closes,
    pickedFrom: readPicked(body),
    coAuthors: readCoAuthors(body),
  };
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

const closing = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+$/i;
const closingElsewhere = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+([\w.-]{1,60}\/[\w./-]{1,60})$/i;
const further = /^(?:,| and|, and)\s*$/;

/** What a closing word stands before: `closes #12, #13 and owner/name#14`. */
function readCloses(text: string): readonly string[] {
  let found: string[] | undefined;
  // Where the last one ended.
  let end = -1;
  for (let mark = text.indexOf("#"); mark >= 0; mark = text.indexOf("#", mark + 1)) {
    let last = mark + 1;
    while (last < mark + 10 && isDigit(text.charCodeAt(last))) last++;
    if (last === mark + 1) continue;
    const number = text.slice(mark + 1, last);
    const continued = end >= 0 && mark - end < 8 && further.test(text.slice(end, mark));
    const path = continued ? "" : closedProject(text, mark);
    if (path === undefined) continue;
    end = last;
    found ??= [];
    found.push(path === "" ? number : `${path}#${number}`);
  }
  if (found === undefined) return nothing.closes;
  return found.length === 1 ? found : [...new Set(found)];
}

/** The project before a number that is closed: empty for this one; undefined where nothing is closed. */
function closedProject(text: string, mark: number): string | undefined {
  const before = text[mark - 1] ?? "";
  if (/\s/.test(before)) return closing.test(text.slice(Math.max(0, mark - 14), mark)) ? "" : undefined;
  return /[\w.-]/.test(before)
    ? closingElsewhere.exec(text.slice(Math.max(0, mark - 140), mark))?.[1]
    : undefined;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
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
