import { printable } from "../../core/text.ts";
import type { Migration } from "./parse.ts";
import type { Place } from "./text.ts";

/** A comment by which the author takes the blame: `-- release-sentinel: allow drop-column nobody reads it since v1.3`. */
export interface Allowance {
  readonly rule: string;
  readonly reason: string;
  readonly place: Place;
  /** Index of the statement that it is about: the one that it stands in, behind on the same line, or before. */
  readonly statement: number;
}

const pattern = /^(?:--|\/\*)\s*release-sentinel:\s*allow\b[ \t]*(\S*)[ \t]*(.*?)\s*(?:\*\/)?$/s;

/** The comments of a file that allow something. */
export function allowances({ comments, statements, source }: Migration): readonly Allowance[] {
  return comments.flatMap(({ text, start, end }) => {
    const [, rule = "", reason = ""] = pattern.exec(text) ?? [];
    if (!pattern.test(text)) return [];
    const place = source.at(start);
    const inside = statements.find((one) => one.start <= start && end <= one.end);
    const before = statements.findLast((one) => one.end <= start && source.at(one.end).line === place.line);
    const after = statements.find((one) => one.start >= end);
    const statement = (inside ?? before ?? after)?.index ?? -1;
    return [{ rule: printable(rule, 60), reason: printable(reason, 300).trim(), place, statement }];
  });
}
