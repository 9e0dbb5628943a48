/** A zero-width space as Markdown writes it: it is not seen, and ends what would be a mention or a reference. */
const apart = "&#8203;";

const codeSpan = /(?<!`)`(?!`)([^`]*[^`\s][^`]*)`(?!`)/g;
/** Letters, digits and what means nothing in between: nearly every text is of this sort. */
const harmless = /^[A-Za-z][A-Za-z0-9 ,;.()'"?%^/=>+-]*$/;
const exceptions = /www\.|GH-/i;
/** What a heading would take for its end. */
const closing = /(?<!\S)#+$/;
/** Template languages would take what stands between these for their own. */
const template = /\{[{%#]|<%|\$\{/;

/**
 * Text from outside as Markdown that shows it and does nothing else: no markup, link, image, HTML, mention, reference,
 * formula or template. Code between backticks stays code. Meant for one line.
 * @param issue the address of an issue by its number, where it is known
 */
export function inline(text: string, issue: (number: number) => string | null = () => null): string {
  if (harmless.test(text) && !exceptions.test(text)) return text;
  let result = "";
  let from = 0;
  for (const match of text.matchAll(codeSpan)) {
    if (template.test(match[0])) continue;
    result += escaped(text.slice(from, match.index), issue, text.slice(0, from)) + match[0];
    from = match.index + match[0].length;
  }
  return (result + escaped(text.slice(from), issue, text.slice(0, from))).trim().replace(closing, "\\$&");
}

/** The same for a text at the start of a line, where more has a meaning: headings, lists, quotations, rules. */
export function line(text: string, issue?: (number: number) => string | null): string {
  const safe = inline(text, issue);
  return /^[A-Za-z]/.test(safe)
    ? safe
    : safe.replace(/^[#+\-=>]/, "\\$&").replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}

const special =
  /[\\*[\]~|$`<_]|&(?=[#\w])|@(?=\S)|\{(?=[{%#])|:(?=\/\/)|www(?=\.)|#(?=\d)|!(?=\d)|\bGH-(?=\d)/gi;

function escaped(text: string, issue: (number: number) => string | null, before: string): string {
  let result = "";
  let from = 0;
  for (const match of text.matchAll(special)) {
    if (match.index < from) continue;
    const [found] = match;
    result += text.slice(from, match.index);
    from = match.index + found.length;
    if (found === "#") {
      const [number = ""] = /^\d+/.exec(text.slice(from, from + 20)) ?? [];
      result += reference(
        number,
        text.slice(Math.max(0, match.index - 20), match.index) || before.slice(-1),
        issue,
      );
      from += number.length;
    } else
      result += escapedMark(
        found,
        text[match.index - 1] ?? before.at(-1) ?? " ",
        text.slice(from, from + 40),
      );
  }
  return result + text.slice(from);
}

/** `name@1.4.2` is nobody's name or address. */
const packageVersion = /^\d+\.\d+\.\d+(?![\w.+@-])/;

function escapedMark(mark: string, before: string, after: string): string {
  if (mark === "<") return "&lt;";
  if (mark === "&") return "&amp;";
  if (mark === "_") return isWord(before) && isWord(after[0] ?? " ") ? "_" : "\\_";
  if (mark === "@" && isWord(before) && packageVersion.test(after)) return mark;
  if (mark === "@" || mark === "{" || mark === "!" || /^GH-$/i.test(mark)) return `${mark}${apart}`;
  return /^www$/i.test(mark) ? `${mark.slice(0, 2)}${apart}${mark.slice(2)}` : `\\${mark}`;
}

function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

/** `#12` leads to this project's issue. Another project's, and what a closing word stands before, is only text. */
function reference(number: string, before: string, issue: (number: number) => string | null): string {
  const isPlain =
    !/[\w/.&-]$/.test(before) && !/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+$/i.test(before);
  if (!isPlain || number.length > 9) return `#${apart}${number}`;
  const url = issue(Number(number));
  return url === null ? `#${number}` : `[#${number}](${url})`;
}
