import type { NotesFormat } from "./formats.ts";
import { json } from "./json.ts";
import { markdown } from "./markdown.ts";
import type { Notes } from "./model.ts";
import { plain } from "./plain.ts";

export { insertSection } from "./changelog.ts";
export { collectNotes } from "./collect.ts";
export { inline } from "./escape.ts";
export type { ChangeSummary, Notes, NotesRequest } from "./model.ts";
export { type NextRelease, type NextRequest, proposeNext } from "./next.ts";

/** Notes as text that ends with a line break. */
export function renderNotes(notes: Notes, format: NotesFormat): string {
  if (format === "json") return json(notes);
  return format === "plain" ? plain(notes) : markdown(notes);
}
