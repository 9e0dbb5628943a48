import { printable } from "../../core/text.ts";

/** What a `SHA256SUMS` says. */
export interface Sums {
  /** Lower-case hex by name. */
  readonly byName: ReadonlyMap<string, string>;
  /** Lines that say nothing that may be followed, fit to be shown. */
  readonly wrong: readonly string[];
}

const largest = 10_000;

/** The lines of `sha256sum`. A name that is not that of one file in one folder is no asset's. */
export function readSums(text: string): Sums {
  const byName = new Map<string, string>();
  const wrong: string[] = [];
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  if (lines.length > largest) return { byName, wrong: [`more than ${largest} lines`] };
  for (const line of lines) {
    const [, hash = "", name = ""] = /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(.+)$/.exec(line) ?? [];
    const before = byName.get(name);
    if (!isPlainName(name) || (before !== undefined && before !== hash.toLowerCase()))
      wrong.push(printable(line, 200));
    else byName.set(name, hash.toLowerCase());
  }
  return { byName, wrong };
}

/** Whether it names a file in a folder, and leads nowhere else. */
export function isPlainName(name: string): boolean {
  return (
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    name.length <= 255 &&
    !/[/\\:\u0000-\u001f\u007f]/.test(name)
  );
}
