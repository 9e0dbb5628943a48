import * as z from "zod";
import { catalogue } from "../../src/checks/index.ts";
import { commonKeys } from "../../src/config/schema.ts";

export type CatalogueCheck = (typeof catalogue)[number];

/** The parts of JSON Schema (draft 2020-12) that our schemas use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly [keyword: string]: unknown;
}

/** A zod schema as JSON Schema; what only code can say (refinements) is left out. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _schema, $defs: _defs, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return tidy(rest) as JsonSchema;
}

/** Without what says nothing to a reader: references to "any JSON", and the largest integers there are. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(
    ([key, item]) => key !== "$ref" && Math.abs(Number(item)) !== Number.MAX_SAFE_INTEGER,
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, tidy(item)]));
}

/** A date (`2026-12-31`) or RFC 3339 time. */
export const untilPattern =
  "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2}))?$";
const durationPattern = "^\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|min|h)?\\s*$";

/** The keys that every check's entry has. The refinements of dates and durations, as patterns. */
export function commonProperties(): Readonly<Record<string, JsonSchema>> {
  const { properties = {} } = toJsonSchema(z.strictObject(commonKeys(z)));
  const { until, timeout } = properties;
  const text = { type: "string", pattern: durationPattern };
  return {
    ...properties,
    until: { ...until, pattern: untilPattern },
    timeout: { ...timeout, anyOf: [text, { type: "number", exclusiveMinimum: 0 }] },
  };
}

/** A check's own options: their schemas with the defaults, and the names of those that have none. */
export interface CheckOptions {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
}

export function optionsOfCheck(check: CatalogueCheck): CheckOptions {
  const { properties = {}, required = [] } = toJsonSchema(check.schema(z));
  const withDefaults = Object.entries(properties).map(([name, schema]) => {
    const value = (check.defaults as Record<string, unknown>)[name];
    return [
      name,
      value === undefined || required.includes(name) ? schema : { ...schema, default: value },
    ] as const;
  });
  return { properties: Object.fromEntries(withDefaults), required };
}

export { catalogue };
