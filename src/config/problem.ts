import type { ZodType } from "zod";
import { SentinelError } from "../core/errors.ts";
import { nearest, printable } from "../core/text.ts";
import type { ConfigDocument, Place } from "./document.ts";
import { valueAt } from "./value-at.ts";

/** One thing that is wrong with a configuration, ready to be printed. */
export interface Problem {
  readonly place: Place;
  readonly message: string;
  readonly remedy: string;
}

/** The parts of a zod issue that are used here. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly values?: readonly unknown[];
}

/** Validates a value of a document; answers every problem with its place. */
export function validate(
  schema: ZodType,
  document: ConfigDocument,
  path: readonly PropertyKey[],
  value: unknown,
): readonly Problem[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return (result.error.issues as readonly Issue[]).flatMap((issue) =>
    explain(issue, schema, document, path, value),
  );
}

function explain(
  issue: Issue,
  schema: ZodType,
  document: ConfigDocument,
  base: readonly PropertyKey[],
  root: unknown,
): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return (issue.keys ?? []).map((key) => {
      const meant = nearest(key, known);
      return {
        place: document.place([...path, key], true),
        message: `unknown key "${printable(key, 80)}"${inside(path)}`,
        remedy: meant
          ? `did you mean "${meant}"?`
          : known.length > 0
            ? `known keys: ${known.join(", ")}`
            : "remove it",
      };
    });
  }
  if (issue.code === "invalid_union") {
    // Of the alternatives, the one that got furthest says most.
    const deepest = (issue.errors ?? []).flat().sort((a, b) => b.path.length - a.path.length)[0];
    if (deepest && deepest.path.length > 0) {
      return explain({ ...deepest, path: [...issue.path, ...deepest.path] }, schema, document, base, root);
    }
  }
  if (issue.code === "invalid_key") {
    return [
      {
        place: document.place(path, true),
        message: `${name(path)} ${issue.message}`,
        remedy: "use letters, digits, dots, dashes",
      },
    ];
  }
  const value = valueAt(root, issue.path);
  return [
    {
      place: document.place(path),
      message: `${name(path)}: ${sentence(issue, value)}`,
      remedy: mend(issue, value),
    },
  ];
}

/** What is wrong, with the offending value where it cannot be a secret. */
function sentence(issue: Issue, value: unknown): string {
  const words = issue.message.replace(/^Invalid (input|option): /, "");
  if (value === undefined) return "is missing";
  if (
    issue.code === "custom" ||
    issue.code === "invalid_format" ||
    (typeof value === "object" && value !== null)
  )
    return words;
  return `${words}, got ${printable(JSON.stringify(value) ?? "", 80)}`;
}

function mend(issue: Issue, value: unknown): string {
  const choices = (issue.values ?? []).filter((choice) => typeof choice === "string");
  const meant = typeof value === "string" ? nearest(value, choices) : undefined;
  if (meant) return `did you mean "${meant}"?`;
  return choices.length > 0 ? `one of: ${choices.join(", ")}` : "docs/configuration.md describes every key";
}

function inside(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : ` in ${name(path)}`;
}

function name(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the file";
  return path
    .map((key, i) =>
      typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${printable(String(key), 80)}`,
    )
    .join("");
}

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, unknown>;
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly options?: readonly unknown[];
}

/** The keys that an object at this path of the schema may have. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const definition = (schema as { _zod?: { def: Definition } } | undefined)?._zod?.def;
  if (!definition) return [];
  if (definition.innerType) return keysAt(definition.innerType, path);
  if (definition.options) return definition.options.flatMap((option) => keysAt(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(definition.shape ?? {}).filter((key) => key !== "$schema");
  if (definition.shape) return keysAt(definition.shape[String(first)], rest);
  return keysAt(definition.element ?? definition.valueType, rest);
}

/** Problems as one error: the first in full, the others counted. */
export function invalid(problems: readonly Problem[]): SentinelError {
  const [first] = problems;
  if (!first) throw new Error("no problem to report");
  const more =
    problems.length > 1 ? ` (and ${problems.length - 1} more: release-sentinel config validate)` : "";
  return new SentinelError("config-invalid", `${at(first.place)}: ${first.message}${more}`, first.remedy);
}

export function at(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}
