import type { ZodType } from "zod";
import type { Zod } from "../core/check.ts";
import { printable } from "../core/text.ts";
import type { ConfigDocument, Place } from "./document.ts";
import type { CheckEntry } from "./file.ts";
import type { LoadedConfig } from "./load.ts";
import { environmentNames, type Find } from "./normalise.ts";
import { pluginFault } from "./plugins.ts";
import { type Problem, validate } from "./problem.ts";
import { type AnyCheck, entrySchema, optionsOf } from "./schema.ts";
import { valueAt } from "./value-at.ts";

interface Entry {
  readonly path: readonly string[];
  readonly name: string;
  readonly entry: CheckEntry;
  /** What the file says of the same check for every environment. */
  readonly base: CheckEntry | undefined;
}

/** Checks each entry against the check it uses, as merged: an entry may add to what a base has said. */
export async function entryProblems(loaded: LoadedConfig, z: Zod, find: Find): Promise<readonly Problem[]> {
  const schemas = new Map<AnyCheck, ZodType>();
  const problems: Problem[] = [];
  for (const { path, name, entry, base } of everyEntry(loaded)) {
    if (entry === false) continue;
    const whole = { ...settings(base), ...settings(entry) };
    const { check } = await find(name, (whole["uses"] as string | undefined) ?? name);
    const document =
      loaded.documents.findLast(({ data }) => valueAt(data, path) !== undefined)?.document ??
      nowhere(loaded.label);
    try {
      const schema = schemas.get(check) ?? entrySchema(z, check);
      schemas.set(check, schema);
      const found = validate(schema, document, path, whole);
      problems.push(...found);
      if (found.length > 0) continue;
    } catch (error) {
      problems.push({ place: document.place(path, true), ...pluginFault(name, check, "schema()", error) });
      continue;
    }
    problems.push(...contradictions(name, check, whole, (option) => document.place([...path, option], true)));
  }
  return problems;
}

function contradictions(
  name: string,
  check: AnyCheck,
  entry: Record<string, unknown>,
  place: (option: string) => Place,
): readonly Problem[] {
  try {
    const found = check.contradiction?.({ ...check.defaults, ...optionsOf(entry) });
    if (!found) return [];
    const { option, message, remedy } = found;
    return [{ place: place(option), message: `checks.${printable(name, 100)}: ${message}`, remedy }];
  } catch (error) {
    return [{ place: place("uses"), ...pluginFault(name, check, "contradiction()", error) }];
  }
}

function everyEntry({ data }: LoadedConfig): readonly Entry[] {
  const all = { ...data.checks };
  return [
    ...Object.entries(all).map(([name, entry]) => ({
      path: ["checks", name],
      name,
      entry,
      base: undefined,
    })),
    ...environmentNames(data).flatMap((environment) =>
      Object.entries(data.environments?.[environment]?.checks ?? {}).map(([name, entry]) => ({
        path: ["environments", environment, "checks", name],
        name,
        entry,
        base: all[name],
      })),
    ),
  ];
}

function settings(entry: CheckEntry | undefined): Record<string, unknown> {
  return entry !== null && typeof entry === "object" ? { ...entry } : {};
}

function nowhere(file: string): ConfigDocument {
  return { file, data: null, place: () => ({ file, line: 1, column: 1 }) };
}
