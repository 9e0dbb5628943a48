import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import { SentinelError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { printable } from "../core/text.ts";

/** Where a value stands: a file and 1-based positions. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A parsed file that knows where everything stands. YAML and JSON alike. */
export interface ConfigDocument {
  readonly file: string;
  readonly data: Json;
  /** The place of the value at a path, or of the nearest thing around it; `key`: of the key itself. */
  place(path: readonly PropertyKey[], key?: boolean): Place;
}

/**
 * @param label what the file is called in messages
 * @param section only this key of the document (`release-sentinel` in package.json)
 * @throws SentinelError `config-syntax` with file:line:column
 */
export function parseConfigText(text: string, label: string, section?: string): ConfigDocument {
  const lines = new LineCounter();
  let document: Document;
  let data: Json;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      merge: true,
      prettyErrors: false,
      strict: true,
      logLevel: "error",
      // It would compare every key with every other: duplicateKey does not.
      uniqueKeys: false,
    });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) {
      const at = lines.linePos(problem.pos[0]);
      throw syntax(`${label}:${at.line}:${at.col}: ${printable(problem.message, 300)}`);
    }
    const twice = duplicateKey(document.contents);
    if (twice !== undefined) {
      const at = lines.linePos(twice);
      throw syntax(`${label}:${at.line}:${at.col}: Map keys must be unique`);
    }
    data = (document.toJS({ maxAliasCount: 100 }) ?? {}) as Json;
    // Throws when an alias stands inside its own anchor.
    JSON.stringify(data);
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    throw syntax(`${label}:1:1: ${printable(error instanceof Error ? error.message : String(error), 300)}`);
  }
  const prefix = section === undefined ? [] : [section];
  const inside = section === undefined ? data : ((data as Record<string, Json>)[section] ?? {});
  return {
    file: label,
    data: inside,
    place(path, key = false) {
      const offset = find(document, [...prefix, ...path], key);
      const at = lines.linePos(offset);
      return { file: label, line: at.line, column: at.col };
    },
  };
}

/** Where a key stands that its map has already: of a node, or of what is in it. */
function duplicateKey(node: unknown): number | undefined {
  if (isPair(node)) return duplicateKey(node.key) ?? duplicateKey(node.value);
  if (!isCollection(node)) return undefined;
  const seen = new Set<unknown>();
  for (const { key } of isMap(node) ? node.items : []) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key.range?.[0] ?? 0;
    seen.add(key.value);
  }
  for (const item of node.items) {
    const found = duplicateKey(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function syntax(message: string): SentinelError {
  return new SentinelError("config-syntax", message, "correct the syntax there");
}

function find(document: Document, path: readonly PropertyKey[], key: boolean): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const wanted = path.slice(0, depth);
    if ((key || depth < path.length) && depth > 0) {
      const parent = document.getIn(wanted.slice(0, -1), true);
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(wanted.at(-1)))
        : undefined;
      const range = (pair?.key as Node | undefined)?.range;
      if (range) return range[0];
    }
    const node = depth === 0 ? document.contents : (document.getIn(wanted, true) as Node | undefined);
    const range = (node as Node | null | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}
