import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import { root } from "./cli.ts";

export interface OutputSchema {
  /** What is wrong with an output. */
  problems(data: unknown): readonly ErrorObject[];
  /** The same, and every field that it does not describe. */
  undescribed(data: unknown): readonly ErrorObject[];
}

/** The JSON Schema of one of our outputs: `init` is schema/init.schema.json. */
export function schemaOf(name: string): OutputSchema {
  const schema = JSON.parse(readFileSync(join(root, "schema", `${name}.schema.json`), "utf8"));
  const [valid, closed] = [schema, withoutOthers(schema)].map(compiled);
  const told = (check: typeof valid, data: unknown) => (check?.(written(data)) ? [] : (check?.errors ?? []));
  return { problems: (data) => told(valid, data), undescribed: (data) => told(closed, data) };
}

function compiled(schema: object) {
  const ajv = new Ajv2020({
    ...{ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true },
  });
  formatsModule.default(ajv);
  return ajv.compile(schema);
}

/** As a program reads it. */
function written(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data));
}

/** A schema that refuses the fields that it does not describe. */
function withoutOthers(node: unknown): object {
  if (Array.isArray(node)) return node.map((item) => (isObject(item) ? withoutOthers(item) : item));
  const kept = Object.fromEntries(
    Object.entries(node as object).map(([key, item]) => [key, isObject(item) ? withoutOthers(item) : item]),
  );
  const isOpen = kept["type"] === "object" && "properties" in kept && !("additionalProperties" in kept);
  return isOpen ? { ...kept, additionalProperties: false } : kept;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
