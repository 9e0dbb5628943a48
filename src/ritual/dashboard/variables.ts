import { object, objects, text } from "../../clients/grafana/json.ts";
import type { GrafanaJson } from "../../clients/grafana/types.ts";
import { nearest, printable } from "../../core/text.ts";
import { formatted, usualFormat } from "./formats.ts";

/** One of a dashboard's variables, with the values that it has now. */
export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
  readonly texts: readonly string[];
  /** Several may be chosen: it is written as a list even when there is one. */
  readonly isMulti: boolean;
  readonly isAll: boolean;
  /** What stands for "All", taken as it is. */
  readonly allValue: string | null;
  /** "All" was chosen, and which values these are only its own query could tell. */
  readonly isUnknown: boolean;
}

/** Values that win over those of the dashboard: what a panel is repeated for. */
export type Scope = ReadonlyMap<string, { readonly value: string; readonly text: string }>;

export interface Builtins {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly dashboard: { readonly title: string; readonly uid: string };
  readonly timezone: string;
}

const all = "$__all";

/** The dashboard's variables; those that are given win. Warnings are for people. */
export function variablesOf(
  dashboard: GrafanaJson,
  given: Readonly<Record<string, string | readonly string[]>>,
): { readonly variables: ReadonlyMap<string, Variable>; readonly warnings: readonly string[] } {
  const found = objects(object(dashboard["templating"])?.["list"]).flatMap((json): Variable[] => {
    const name = text(json["name"]);
    return name === undefined || json["type"] === "adhoc"
      ? []
      : [variableOf(name, json, Object.hasOwn(given, name) ? given[name] : undefined)];
  });
  const variables = new Map(found.map((variable) => [variable.name, variable]));
  const warnings = Object.keys(given)
    .filter((name) => !variables.has(name))
    .map((name) => {
      const near = nearest(name, [...variables.keys()]);
      const hint = near === undefined ? "" : ` (${printable(near, 60)}?)`;
      return `the dashboard has no variable ${printable(name, 60)}${hint}: its value is not used`;
    });
  return { variables, warnings };
}

function variableOf(
  name: string,
  json: GrafanaJson,
  given: string | readonly string[] | undefined,
): Variable {
  const type = text(json["type"]) ?? "query";
  const { value, text: shown } = Object(json["current"]) as GrafanaJson;
  const wanted = given === undefined ? listOf(value ?? plain(type, json)) : listOf(given);
  const texts = given === undefined ? listOf(shown ?? wanted) : wanted;
  const options = objects(json["options"])
    .map((option) => ({ value: String(option["value"]), text: String(option["text"] ?? option["value"]) }))
    .filter((option) => option.value !== all);
  const isAll = wanted.includes(all) || (given !== undefined && wanted.join() === "All");
  const allValue = text(json["allValue"]) ?? null;
  const isMulti = json["multi"] === true || json["includeAll"] === true;
  const base = { name, type, isMulti, isAll, allValue: isAll ? allValue : null };
  if (!isAll) return { ...base, values: wanted, texts, isUnknown: false };
  return {
    ...base,
    values: options.map((option) => option.value),
    texts: options.map((option) => option.text),
    isUnknown: options.length === 0 && allValue === null,
  };
}

/** What a variable without a current value is. */
function plain(type: string, json: GrafanaJson): unknown {
  if (type === "constant" || type === "textbox") return json["query"] ?? "";
  if (type === "interval" || type === "custom")
    return typeof json["query"] === "string" ? json["query"].split(",")[0]?.trim() : "";
  return "";
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [String(value ?? "")];
}

export interface Filling {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly scope: Scope;
  readonly builtins: Builtins;
  /** Of the data source that gets the text: it decides how lists are written. */
  readonly datasourceType: string;
  /** Milliseconds between two points; its data source fills it in itself where that is null. */
  readonly intervalMs: number | null;
  /** Told of a variable that means "All" of what only its own query could tell; whether everything is asked for instead. */
  readonly unknown?: (name: string, isEverything: boolean) => void;
}

const reference = /\$(\w+)|\[\[(\w+?)(?::([^\]]+))?\]\]|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}/g;

/**
 * Fills in variables as Grafana's own page does before it asks. Names that are not known stay: `$__interval`,
 * `$__range`, `$__rate_interval`, `$__timeFilter()` and the like are the data source's to fill in.
 */
export function fillIn(textWith: string, filling: Filling): string {
  if (!/[$[]/.test(textWith)) return textWith;
  return textWith.replace(
    reference,
    (
      whole,
      plainName?: string,
      old?: string,
      oldFormat?: string,
      name?: string,
      path?: string,
      format?: string,
    ) => {
      const wanted = plainName ?? old ?? name ?? "";
      const how = oldFormat ?? format;
      const scoped = filling.scope.get(wanted);
      const one = scoped && {
        values: [scoped.value],
        texts: [scoped.text],
        isMulti: filling.variables.get(wanted)?.isMulti ?? false,
        isAll: false,
        isUnknown: false,
      };
      const variable = one ?? filling.variables.get(wanted);
      if (variable) return written(wanted, variable, how, filling);
      return builtin(wanted, path, how, filling) ?? whole;
    },
  );
}

function written(
  name: string,
  variable: Pick<Variable, "values" | "texts" | "isMulti" | "isAll" | "isUnknown"> & {
    readonly allValue?: string | null;
  },
  how: string | undefined,
  { datasourceType, unknown }: Filling,
): string {
  if (variable.isAll && how === "text") return "All";
  if (variable.allValue != null) return variable.allValue;
  const format = how ?? usualFormat(datasourceType);
  if (variable.isUnknown) {
    const isEverything = format === "prometheus" || format === "regex" || format === "pipe";
    unknown?.(name, isEverything);
    return isEverything ? ".*" : "";
  }
  return formatted(format, { name, ...variable });
}

function builtin(
  name: string,
  path: string | undefined,
  how: string | undefined,
  { builtins, intervalMs }: Filling,
): string | undefined {
  if (name === "__from" || name === "__to") {
    const at = name === "__from" ? builtins.from : builtins.to;
    if (how === undefined) return String(at);
    const form = how.replace(/^date:?/, "");
    if (form === "seconds") return String(Math.floor(at / 1000));
    return form === "" || form === "iso" ? new Date(at).toISOString() : undefined;
  }
  if (name === "__dashboard") return path === "uid" ? builtins.dashboard.uid : builtins.dashboard.title;
  if (name === "__timezone") return builtins.timezone;
  if (intervalMs === null) return undefined;
  if (name === "__interval_ms") return String(intervalMs);
  return name === "__interval" ? `${Math.max(1, Math.round(intervalMs / 1000))}s` : undefined;
}
