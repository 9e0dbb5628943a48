import { printable } from "../core/text.ts";

/** One line of text from anywhere: line breaks become spaces, other control characters visible. */
export function oneLine(text: string, maxLength: number): string {
  return whole(printable(text.replace(/\s+/g, " ").trim(), maxLength));
}

/** Without the half of a character that a cut leaves behind. */
function whole(text: string): string {
  return text.replace(/[\ud800-\udbff](?=…)/g, "").toWellFormed();
}

/** One line in some markup, cut so that it is no longer than `maxLength` once it is escaped. */
export function escapedLine(words: string, maxLength: number, escaped: (text: string) => string): string {
  // Room for what `printable` says about the cut.
  const line = oneLine(words, maxLength - 30);
  for (let length = line.length; ; length = Math.floor(length * 0.8)) {
    const text = escaped(length === line.length ? line : whole(`${line.slice(0, length)}…`));
    if (text.length <= maxLength) return text;
  }
}

/** As many lines as fit into `maxLength` characters, then `… and N more`. */
export function fittingLines(lines: readonly string[], maxLength: number): string {
  const more = (n: number) => `… and ${n} more`;
  const reserved = more(lines.length).length + 1;
  const kept: string[] = [];
  let length = 0;
  for (const [i, line] of lines.entries()) {
    const last = i === lines.length - 1;
    if (length + line.length + 1 > maxLength - (last ? 0 : reserved))
      return [...kept, more(lines.length - i)].join("\n");
    kept.push(line);
    length += line.length + 1;
  }
  return kept.join("\n");
}

/** Keeps `@name` from calling anybody where plain text can; addresses and image digests stay as they are. */
export function withoutMentions(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}])@(?=[\p{L}\p{N}])/gu, "@\u200b");
}
