import type { JsonSchema } from "./json-schema.ts";
import { code, table } from "./markdown.ts";

/** The options of an object as a table; what is inside of them follows as `outer.inner` and `list[].inner`. */
export function optionsTable(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): string {
  return table(
    ["option", "type", "default", "what it says"],
    rows(properties, required).map(({ path, schema, needed }) => [
      code(path),
      typeOf(schema),
      needed ? "required" : schema.default === undefined ? "" : code(yamlOf(schema.default)),
      schema.description ?? "",
    ]),
  );
}

interface Row {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly needed: boolean;
}

function rows(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
  prefix = "",
): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const own = { path, schema, needed: required.includes(name) };
    const [inner, suffix] = schema.items?.properties ? [schema.items, "[]."] : [optionsIn(schema), "."];
    return [own, ...rows(inner.properties ?? {}, inner.required ?? [], path + suffix)];
  });
}

/** Where `false` may stand instead of options. */
function optionsIn(schema: JsonSchema): JsonSchema {
  return schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
}

/** `list of strings`, `number or string`, `"fail" or "warn"`: for people. */
export function typeOf(schema: JsonSchema, many = false): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map((one) => typeOf(one, many)))].join(" or ");
  if (Array.isArray(schema.type))
    return schema.type.map((type: string) => typeOf({ ...schema, type }, many)).join(" or ");
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(" or ");
  if (schema.const !== undefined) return code(String(schema.const));
  const s = many ? "s" : "";
  switch (schema.type) {
    case "array":
      return `list${s} of ${schema.items ? typeOf(schema.items, true) : "anything"}`;
    case "object":
      return schema.properties || schema.additionalProperties === false
        ? `object${s}`
        : `map${s} of names to ${typeOf(schema.additionalProperties as JsonSchema, true)}`;
    case "integer":
      return `whole number${s}`;
    case "string":
    case "number":
    case "boolean":
      return `${schema.type}${s}`;
    case "null":
      return "nothing";
    default:
      return "anything";
  }
}

/** A default as it would be written in the file. */
function yamlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => `${key}: ${yamlOf(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return String(value);
}
