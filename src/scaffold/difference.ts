import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { bodyOf } from "./header.ts";
import type { JudgedFile } from "./judge.ts";

/**
 * What writing a file would change, as a patch that `git apply` takes; empty where it would change nothing.
 * The header counts only in a new file: it differs in every version.
 */
export function differenceOf({ target, text, there }: JudgedFile, written: string): string {
  const before = text === null ? "" : bodyOf(text);
  const after = text === null ? written : target.body;
  if (before === after) return "";
  const from = text === null ? "/dev/null" : `a/${there}`;
  const patch = createTwoFilesPatch(from, `b/${there}`, before, after, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return text === null ? `diff --git a/${there} b/${there}\nnew file mode 100644\n${patch}` : patch;
}
