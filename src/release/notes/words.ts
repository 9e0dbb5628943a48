import { count } from "../../core/text.ts";
import type { Change, Notes, Reference } from "./model.ts";

/** What stands where there are no changes to list. */
export function nothing({ initial, previous, from, summary }: Notes): string {
  if (initial && summary.commits > 0) return "Initial release";
  const since = previous?.tag ?? from;
  return since === null ? "No changes" : `No changes since ${since}`;
}

/** Where a change can be read about: pull request, what it closes, advisories, the commit. */
export function references({
  pullRequest,
  closes,
  advisories,
  text,
  short,
  url,
}: Change): readonly Reference[] {
  return [
    ...(pullRequest ? [pullRequest] : []),
    ...closes.map((reference) => ({ ...reference, text: `issue ${reference.text}` })),
    ...advisories.filter((id) => !text.includes(id)).map((id) => ({ text: id, url: null })),
    { text: short, url },
  ];
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
