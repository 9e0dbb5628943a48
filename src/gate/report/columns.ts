const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/gu;

const emoji =
  /\p{RI}{2}|(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f)\p{Emoji_Modifier}?(?:\u200d\p{Emoji}\ufe0f?\p{Emoji_Modifier}?)*/gu;

/** How many columns a terminal needs for a line without escapes. */
export function columns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const plain = text.replace(emoji, "xx").replace(/[\p{Mn}\p{Me}\p{Cf}]/gu, "");
  return [...plain.replace(wide, "xx")].length;
}

/** The text with spaces up to a width; longer text as it is. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** The text cut to a width, the cut marked. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  return `${pieces(text, Math.max(1, width - 1))[0] ?? ""}…`;
}

/** Lines of at most `width` columns, broken at spaces; a word that is longer than a line is broken inside. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(8, width);
  const lines: string[] = [];
  let line: string | undefined;
  let used = 0;
  for (const word of text.split(" ")) {
    const length = columns(word);
    if (line !== undefined && used + 1 + length <= room) {
      line += ` ${word}`;
      used += 1 + length;
      continue;
    }
    if (line !== undefined) lines.push(line);
    const parts = length <= room ? [word] : pieces(word, room);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? "";
    used = columns(line);
  }
  return [...lines, line ?? ""];
}

function pieces(word: string, width: number): string[] {
  const parts: string[] = [];
  let part = "";
  let used = 0;
  for (const unit of units(word, width)) {
    const length = columns(unit);
    if (used + length > width && part !== "") {
      parts.push(part);
      part = "";
      used = 0;
    }
    part += unit;
    used += length;
  }
  parts.push(part);
  return parts;
}

/** What a reader takes for one character, unless that alone is too wide. */
function* units(word: string, width: number): Generator<string> {
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    if (columns(segment) > width) yield* segment;
    else yield segment;
  }
}
