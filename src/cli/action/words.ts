import { SentinelError } from "../../core/errors.ts";

/**
 * Words as a shell would split them: white space and newlines separate, quotes join, a backslash takes the next character as it is.
 * Nothing is evaluated: `$`, backticks, `*` and `;` are characters like others.
 * @throws SentinelError `flag-invalid` when a quote is left open
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "\\") {
      const next = text.charAt(++i);
      // As in a shell, a backslash before a line's end joins the lines.
      if (next === "\r" && text.charAt(i + 1) === "\n") i++;
      else if (next !== "\n") word = (word ?? "") + (next || "\\");
    } else if (char === "'" || char === '"') {
      const { inside, end } = quoted(text, i);
      word = (word ?? "") + inside;
      i = end;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function quoted(text: string, start: number): { readonly inside: string; readonly end: number } {
  const quote = text.charAt(start);
  let inside = "";
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === quote) return { inside, end: i };
    if (quote === '"' && char === "\\" && /["\\]/.test(text.charAt(i + 1))) inside += text.charAt(++i);
    else inside += char;
  }
  throw new SentinelError(
    "flag-invalid",
    `the input args has a ${quote} that is never closed`,
    `close it, or write it as \\${quote}`,
  );
}
