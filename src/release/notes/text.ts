import { printable } from "../../core/text.ts";

const longestSubject = 500;

/** White space is one space; whatever else does not print is shown as what it is. */
export function oneLine(text: string, longest = longestSubject): string {
  // Most lines are plain: nothing is to be done for them.
  if (text.length <= longest && !/[^!-~\u00a1-\u024f]| {2}/.test(text.replaceAll(" ", "a")))
    return text.trim();
  return printable(text.replace(/\s+/g, " ").trim(), longest);
}
