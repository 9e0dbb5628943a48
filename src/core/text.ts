/**
 * Makes text from outside (commit messages, branch names, servers' answers) safe to print on one line:
 * control characters, terminal escapes and bidirectional overrides become visible escapes.
 */
export function printable(text: string, maxLength = 500): string {
  const clean = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (char) => {
      if (char === "\n") return "\\n";
      if (char === "\r") return "\\r";
      if (char === "\t") return "\\t";
      const code = char.charCodeAt(0);
      return code < 0x100
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength)}… (${clean.length} characters)`;
}

/** `1 file`, `2 files`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** A URL fit to be shown: user information and query values masked, everything else as it was given. */
export function showUrl(url: string): string {
  return printable(url)
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1***@")
    .replace(/\?[^#]*/, (query) =>
      query.replace(/(^\?|&)([^=&]*)(=?)[^&]*/g, (_m, sep, key, eq) =>
        eq ? `${sep}${key}=***` : `${sep}${key ? "***" : ""}`,
      ),
    );
}

/** Without the user information of the URLs in a text. */
export function withoutUserinfo(text: string): string {
  return text.replace(/:\/\/[^/@\s]*@/g, "://***@");
}

/** The last lines that say anything, on one line. */
export function lastLines(text: string, most: number, maxLength: number): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return printable(lines.slice(-most).join(" | "), maxLength);
}

/** What percent-encoding stands for; the text itself where it is none. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A word as the shell here takes it, for commands that people copy. */
export function shellWord(word: string): string {
  return process.platform === "win32" ? windowsWord(word) : posixWord(word);
}

export function posixWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * For cmd and for PowerShell, which have double quotes in common; to PowerShell a comma makes two words, and `@` means something.
 * A backslash before the closing quote would be taken for a part of it. What one of them runs or replaces between such quotes, and
 * nothing makes plain to both, is left out for people to see: `$`, backticks, typographic quotes, `%` but in a URL, line ends.
 */
export function windowsWord(word: string): string {
  if (/^[\w+=:./\\-]+$/.test(word)) return word;
  const plain = word.replace(/[$`\u201c-\u201e\r\n]|%(?![0-9A-F]{2})/gi, "…");
  return `"${plain.replaceAll('"', '""').replace(/\\+$/, "$&$&")}"`;
}

/** `3 s`, `1.5 s`, `2 min`, `250 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6000) / 10} min`;
}

/** The candidate that is nearest to what was typed, if any is near enough to be meant (Damerau-Levenshtein). */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const longer = (a: string, b: string) => b.length >= 3 && a.toLowerCase().startsWith(b.toLowerCase());
  let best = candidates.find((candidate) => longer(typed, candidate) || longer(candidate, typed));
  let bestDistance = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    const d = distance(typed.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, (beforePrevious[j - 2] ?? 0) + 1);
      row[j] = d;
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? limit;
}

const dateAndTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** Whether a text is a date, or a date and time with or without an offset, that the calendar has: 02-30 it has not. */
export function isMoment(text: string): boolean {
  const [, year, month, day, hour = 0, minute = 0, second = 0] = (dateAndTime.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return (
    exists && (hour || 0) < 24 && (minute || 0) < 60 && (second || 0) < 60 && !Number.isNaN(Date.parse(text))
  );
}

/** Whether a text is a regular expression as the checks use them (with the `u` flag). */
export function isRegex(source: string): boolean {
  try {
    new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}

/** An http(s) address without userinfo: it may stand in a configuration, and be shown. */
export function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password;
}
