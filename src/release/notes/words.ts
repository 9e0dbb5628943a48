import { count } from "../../core/text.ts";
import type { Change, Group, Notes } from "./model.ts";

/** What stands where there are no changes to list. */
export function nothing(notes: Notes): string {
  if (notes.initial && notes.summary.commits > 0) return "Initial release";
  const since = beginning(notes);
  return since === null ? "No changes" : `No changes since ${since}`;
}

/** What stands before a change's text: its scope; among what is internal, at least of what sort it is. */
export function label({ scope, type }: Change, group: Group["kind"]): string | null {
  return scope ?? (group === "internal" ? type : null);
}

/** Where the notes begin, as short as it can be. */
export function beginning({ previous, from }: Notes): string | null {
  const since = previous?.tag ?? from;
  return since !== null && /^[0-9a-f]{40,64}$/.test(since) ? since.slice(0, 7) : since;
}

const mostNames = 40;

/** `a, b and c`; of very many, the first ones. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, names.length > mostNames ? mostNames - 10 : mostNames);
  const rest = names.length - shown.length;
  const all = rest > 0 ? [...shown, `${count(rest, "other")}`] : shown;
  const last = all.at(-1) ?? "";
  return all.length < 2 ? last : `${all.slice(0, -1).join(", ")} and ${last}`;
}
