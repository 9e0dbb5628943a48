import { readFileSync } from "node:fs";
import * as z from "zod";
import { sections } from "../../src/app/sections.ts";
import { fileSchema } from "../../src/config/schema.ts";
import { commonProperties, type JsonSchema, toJsonSchema } from "./json-schema.ts";
import { generatedFrom } from "./markdown.ts";
import { optionsTable } from "./options-table.ts";

const template = new URL("templates/configuration.md", import.meta.url);

/** The hand-written frame with the tables of the schema in it. */
export function configurationPage(): string {
  const file = toJsonSchema(fileSchema(z, sections)).properties ?? {};
  const environment = (file["environments"]?.additionalProperties as JsonSchema | undefined)?.anyOf?.[0];
  const tables: Readonly<Record<string, string>> = {
    file: optionsTable(
      Object.fromEntries(Object.entries(file).map(([name, schema]) => [name, withoutInside(schema)])),
    ),
    entry: optionsTable(commonProperties()),
    environment: optionsTable(inside(environment)),
    waiver: optionsTable(inside(file["waivers"]?.items), file["waivers"]?.items?.required),
    ...deployTables(file["deploy"]?.properties ?? {}),
    watch: optionsTable(file["watch"]?.properties ?? {}),
    alert: optionsTable(inside(file["alerts"]?.items), file["alerts"]?.items?.required),
  };
  const text = readFileSync(template, "utf8").replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
    const found = tables[name];
    if (found === undefined) throw new Error(`the frame of docs/configuration.md asks for a table "${name}"`);
    return found;
  });
  return `${generatedFrom("scripts/generate/templates/configuration.md and src/config/schema.ts")}\n\n${text}`;
}

/** `deploy:` itself, and each of its parts that has keys of its own. */
function deployTables(deploy: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, string>> {
  const parts = ["verify", "lock", "verdict", "migrations", "exec", "compose"] as const;
  const phase = deploy["migrations"]?.properties?.["before"]?.items;
  return {
    deploy: optionsTable(
      Object.fromEntries(Object.entries(deploy).map(([name, schema]) => [name, withoutInside(schema)])),
    ),
    deployPhase: optionsTable(inside(phase)),
    ...Object.fromEntries(
      parts.map((part) => [
        `deploy${part[0]?.toUpperCase()}${part.slice(1)}`,
        optionsTable(inside(deploy[part]), deploy[part]?.required),
      ]),
    ),
  };
}

function inside(schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.entries(schema?.properties ?? {}).map(([name, inner]) => [name, withoutInside(inner)]),
  );
}

/** What has a section of its own is not listed twice. */
function withoutInside(schema: JsonSchema): JsonSchema {
  const { properties: _properties, items, ...rest } = schema;
  if (!items) return schema.type === "object" ? rest : schema;
  const { properties: _inner, ...item } = items;
  return { ...rest, items: items.properties ? item : items };
}
