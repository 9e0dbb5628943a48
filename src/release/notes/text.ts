import { printable } from "../../core/text.ts";

const longestSubject = 500;

/** Most lines are of this sort: nothing is to be done for them. */
const ordinary = /^[!-~]+(?: [!-~]+)*$/;

/** White space is one space; whatever else does not print is shown as what it is. */
export function oneLine(text: string, longest = longestSubject): string {
  if (text.length <= longest && ordinary.test(text)) return text;
  return printable(text.replace(/\s+/g, " ").trim(), longest);
}
