import { readFileSync } from "node:fs";

/** A small file of the kernel's without its last line break; undefined when it is not there or may not be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch {
    return undefined;
  }
}
