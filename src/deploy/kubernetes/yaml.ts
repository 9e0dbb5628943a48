import {
  type Document,
  isCollection,
  isMap,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
  type SchemaOptions,
  visit,
} from "yaml";
import { printable } from "../../core/text.ts";

/** One document of a stream, with the lines that its parts begin on. */
export interface ParsedDocument {
  readonly value: unknown;
  /** 1-based. */
  readonly line: number;
  /** Where each entry of `items` begins, when it has such a list. */
  readonly itemLines: readonly number[];
}

/** The text is no YAML that kubectl would read the same way. */
export class YamlProblem extends Error {
  override readonly name = "YamlProblem";
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Reads YAML (and JSON) as kubectl does: YAML 1.1 without dates, sexagesimal numbers and bytes. @throws YamlProblem */
export function parseStream(text: string): ParsedDocument[] {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const documents = parseAllDocuments(text, {
    version: "1.1",
    merge: true,
    intAsBigInt: true,
    customTags: kubectlTags,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  // A stream without any document is an array as well, with a property that says so.
  return [...documents].flatMap((document) => {
    const error = document.errors[0];
    if (error) throw new YamlProblem(lineAt(error.pos[0]), explained(error.message, text));
    const strange = strangeKey(document);
    if (strange !== undefined)
      throw new YamlProblem(lineAt(strange), explained("a map cannot be a key", text));
    const line = lineAt(document.contents?.range?.[0] ?? document.range[0]);
    const value = exact(plainOf(document, line), line);
    return value === null ? [] : [{ value, line, itemLines: itemLines(document.contents, lineAt) }];
  });
}

/** `{{ .Values.name }}` is YAML: a map whose key is a map. */
function strangeKey(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return undefined;
      found = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

function plainOf(document: Document, line: number): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw new YamlProblem(line, printable(error instanceof Error ? error.message : String(error), 300));
  }
}

function itemLines(contents: Node | null, lineAt: (offset: number) => number): number[] {
  if (!isMap(contents)) return [];
  const items = contents.get("items", true);
  if (!isSeq(items)) return [];
  return items.items.map((item) => lineAt((item as Node).range?.[0] ?? 0));
}

function explained(message: string, text: string): string {
  const hint = /\{\{-? ?[.\w]/.test(text)
    ? " (a template? Render it first, for example with `helm template`)"
    : "";
  return `${printable(message.split("\n")[0] ?? message, 200)}${hint}`;
}

/** Numbers that a double cannot carry would be changed on their way. */
function exact(value: unknown, line: number): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new YamlProblem(line, `the number ${value} is too large to be carried exactly`);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new YamlProblem(line, `${value} is no number of JSON`);
  }
  if (Array.isArray(value)) return value.map((item) => exact(item, line));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exact(item, line)]));
  }
  return value ?? null;
}

type Tags = Extract<SchemaOptions["customTags"] & object, readonly unknown[]>;

const unknownToKubectl = new Set(
  ["timestamp", "binary", "omap", "pairs", "set"].map((tag) => `tag:yaml.org,2002:${tag}`),
);

function kubectlTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === "string") return true;
    return !unknownToKubectl.has(tag.tag) && tag.format !== "TIME";
  });
  return [...kept, octal, binary];
}

/** YAML 1.2's octal, which Go's reader knows besides that of 1.1. */
const octal: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  format: "OCT12",
  test: /^[-+]?0o[0-7_]+$/,
  identify: () => false,
  resolve: (text) =>
    BigInt(text.replaceAll("_", "").replace(/^[-+]/, "")) * (text.startsWith("-") ? -1n : 1n),
};

const binary: ScalarTag = {
  tag: "tag:yaml.org,2002:binary",
  default: false,
  resolve: (text) => Buffer.from(text, "base64").toString("utf8"),
};
