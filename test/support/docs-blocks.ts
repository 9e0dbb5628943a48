import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./cli.ts";

/** The shell blocks of a page, line by line, in their order. */
export function shellLines(page: string): string[] {
  const text = readFileSync(join(root, "docs/how-to", page), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block.split("\n").filter((line) => line.trim() !== ""),
  );
}
