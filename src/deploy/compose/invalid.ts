import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { isMap, isPair, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** Compose's complaint with `FILE:LINE:COLUMN` before it, where that can be found out. */
export function located(message: string, files: readonly string[], cwd: string): string {
  const shown = (file: string) => {
    const path = relative(cwd, file);
    return path.startsWith("..") ? file : path;
  };
  const said = message
    .replace(/^validating [^:]+: /, "")
    .replace(/^(yaml: (line \d+: )?)/, "")
    .replace(/^The Compose file '[^']*' is invalid because: /, "")
    .replace(/^[\w.]*ScannerError: |^[\w.]*ParserError: /, "");
  for (const file of files) {
    const at = placeIn(file, message);
    if (at !== undefined) return `${shown(file)}:${at.line}:${at.col}: ${said}`;
  }
  const [only] = files;
  return only === undefined ? said : `${shown(only)}: ${said}`;
}

/** Where in a file a message may mean. */
function placeIn(file: string, message: string): { line: number; col: number } | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, merge: true });
  const [broken] = document.errors;
  if (broken !== undefined) return counter.linePos(broken.pos[0]);
  // `services.web.ports.[0]`, then the key that it does not know.
  const path = /\b((services|networks|volumes|configs|secrets)(\.[\w[\]-]+)+)/.exec(message)?.[1];
  if (path === undefined) return undefined;
  const extra = /[Aa]dditional property (\S+) is not allowed|for services\.[\w.-]+: '([^']+)'/.exec(message);
  const words = [...path.split("."), ...(extra ? [extra[1] ?? extra[2] ?? ""] : [])];
  const offset = deepest(document.contents, words);
  return offset === undefined ? undefined : counter.linePos(offset);
}

/** The offset of the last word of a path that a document has; undefined when it has not even the first two. */
function deepest(root: Node | null, words: readonly string[]): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const [depth, word] of words.entries()) {
    const index = /^\[?(\d*)\]?$/.exec(word)?.[1];
    if (isSeq(node) && index !== undefined) {
      node = node.items[Number(index || 0)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
      continue;
    }
    const pair = isMap(node)
      ? node.items.find((item) => isPair(item) && String((item.key as { value?: unknown }).value) === word)
      : undefined;
    if (pair === undefined) return depth < 2 ? undefined : offset;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
