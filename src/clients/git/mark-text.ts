import { parseObject } from "../../core/json.ts";
import { type Mark, markKinds } from "../../core/marks.ts";

/** Longer than any mark of ours. */
const longestText = 1000;

/** A mark as one line of JSON. */
export function markLine({ kind, key, at, by, run, commit, until, detail }: Mark): string {
  return JSON.stringify({ kind, key, at, by, run, commit, until, detail });
}

export const asIs = (text: string): string => text;

/** Without secrets in what is for people; keys and runs are told apart by what they are. */
export function maskedMark(mark: Mark, mask: (text: string) => string): Mark {
  const { by, detail } = mark;
  return { ...mark, by: mask(by), ...(detail === undefined ? {} : { detail: mask(detail) }) };
}

/** A mark as it was written; undefined for anything else, and for what a newer version may have written. */
export function readMark(line: string): Mark | undefined {
  const { kind, key, at, by, run, commit, until, detail } = parseObject(line) ?? {};
  const optional = [commit, until, detail].every((value) => value === undefined || isText(value));
  const isOne = [key, at, by, run].every(isText) && optional && markKinds.some((known) => known === kind);
  const times = [at, until ?? at].map((time) => Date.parse(String(time)));
  if (!isOne || times.some(Number.isNaN)) return undefined;
  return {
    ...({ kind, key, at, by, run } as Mark),
    ...(commit === undefined ? {} : { commit: String(commit) }),
    ...(until === undefined ? {} : { until: String(until) }),
    ...(detail === undefined ? {} : { detail: String(detail) }),
  };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= longestText;
}
