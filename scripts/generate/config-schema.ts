import * as z from "zod";
import { sections } from "../../src/app/sections.ts";
import { fileSchema } from "../../src/config/schema.ts";
import {
  type CatalogueCheck,
  catalogue,
  commonProperties,
  type JsonSchema,
  optionsOfCheck,
  toJsonSchema,
  untilPattern,
} from "./json-schema.ts";

/** An entry is `true` or null (its defaults), `false` (not at all), or options. */
const entryTypes = ["object", "boolean", "null"];
const definition = (check: CatalogueCheck) => `check.${check.id}`;
const entryOf = (check: CatalogueCheck) => `entry.${check.id}`;
const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });

/** The JSON Schema of release-sentinel.yaml, for editors: what `config validate` says of one file alone. */
export function configSchema(): JsonSchema {
  const file = toJsonSchema(fileSchema(z, sections));
  const checks = described(file.properties?.["checks"], ref("checks"));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:release-sentinel:config:v1",
    title: "Configuration of release-sentinel",
    description:
      "What release-sentinel checks before a release: release-sentinel.yaml, .json, or the key release-sentinel of package.json.",
    ...file,
    properties: { ...file.properties, checks, environments: environments(file), waivers: waivers(file) },
    // A base may have said which check an entry uses, and what it must be told.
    if: { not: { required: ["extends"] } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { checks: ref("complete") } },
    $defs: {
      checks: checkEntries(),
      ...completeness(),
      entry: namedEntry(),
      ...commonDefinitions(),
      ...checkDefinitions(),
    },
  };
}

function described(from: JsonSchema | undefined, to: JsonSchema): JsonSchema {
  return from?.description === undefined ? to : { description: from.description, ...to };
}

function environments(file: JsonSchema): JsonSchema {
  const all = file.properties?.["environments"] ?? {};
  const each = all.additionalProperties as JsonSchema;
  const alternatives = (each.anyOf ?? []).map((one) => {
    const checks = one.properties?.["checks"];
    return checks
      ? { ...one, properties: { ...one.properties, checks: described(checks, ref("checks")) } }
      : one;
  });
  return { ...all, additionalProperties: { ...each, anyOf: alternatives } };
}

function waivers(file: JsonSchema): JsonSchema {
  const all = file.properties?.["waivers"] ?? {};
  const { until = {}, ...rest } = all.items?.properties ?? {};
  return {
    ...all,
    items: { ...all.items, properties: { ...rest, until: { ...until, pattern: untilPattern } } },
  };
}

function checkEntries(): JsonSchema {
  return {
    type: ["object", "null"],
    propertyNames: { pattern: "^[A-Za-z0-9][\\w.-]*$" },
    properties: Object.fromEntries(catalogue.map((check) => [check.id, ref(entryOf(check))])),
    additionalProperties: ref("entry"),
  };
}

/** An entry with a name of its own: `uses` says which check it is. A plugin's options are the plugin's business. */
function namedEntry(): JsonSchema {
  return {
    type: entryTypes,
    properties: commonRefs(),
    allOf: catalogue.map((check) => whenUsed(check, ref(definition(check)))),
  };
}

function whenUsed(check: CatalogueCheck, then: JsonSchema): JsonSchema {
  return { if: { type: "object", required: ["uses"], properties: { uses: { const: check.id } } }, then };
}

function commonRefs(): Record<string, JsonSchema> {
  return Object.fromEntries(Object.keys(commonProperties()).map((name) => [name, ref(`common.${name}`)]));
}

function commonDefinitions(): Record<string, JsonSchema> {
  const { uses = {}, ...rest } = commonProperties();
  const ids = { enum: catalogue.map(({ id }) => id) };
  const plugins = { type: "string", pattern: "^([./@]|npm:|[A-Za-z]:[\\\\/]).+" };
  const all = { ...rest, uses: { ...uses, anyOf: [ids, plugins] } };
  return Object.fromEntries(Object.entries(all).map(([name, schema]) => [`common.${name}`, schema]));
}

/** Each check's options, and the entry that has the check's own name. */
function checkDefinitions(): Record<string, JsonSchema> {
  return Object.fromEntries(
    catalogue.flatMap((check): [string, JsonSchema][] => {
      const properties = { ...optionsOfCheck(check).properties, ...commonRefs() };
      const { id: title, question: description } = check;
      const otherCheck = {
        type: "object",
        required: ["uses"],
        properties: { uses: { not: { const: check.id } } },
      };
      return [
        [
          definition(check),
          { title, description, type: entryTypes, properties, additionalProperties: false },
        ],
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        [entryOf(check), { description, if: otherCheck, then: ref("entry"), else: ref(definition(check)) }],
      ];
    }),
  );
}

/** In a file that builds on no other: every entry says which check it is, and what that check must be told. */
function completeness(): Record<string, JsonSchema> {
  const needy = catalogue
    .map((check) => ({ check, required: optionsOfCheck(check).required }))
    .filter(({ required }) => required.length > 0);
  const told = needy.map(({ check, required }) => whenUsed(check, { required }));
  const needyNames = needy.map(({ check, required }): [string, JsonSchema] => {
    const ofOwn = { type: "object", required, properties: { uses: { const: check.id } } };
    return [check.id, { anyOf: [ofOwn, ref("complete.named")] }];
  });
  const others = catalogue
    .filter((check) => !needy.some((one) => one.check === check))
    .map(({ id }): [string, JsonSchema] => [id, {}]);
  return {
    complete: {
      properties: Object.fromEntries([...needyNames, ...others]),
      additionalProperties: ref("complete.named"),
    },
    "complete.named": { anyOf: [{ const: false }, { type: "object", required: ["uses"], allOf: told }] },
  };
}
