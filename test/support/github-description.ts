import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import formatsModule from "ajv-formats";

export type Json = { [key: string]: unknown };

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: Json;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Schema by media type; null: no body. */
  readonly body: Readonly<Record<string, Json>> | null;
  /** Schema by status; null: nothing is said about the body. */
  readonly responses: Readonly<Record<string, Json | null>>;
}

interface Description {
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<Record<string, Json>>;
}

const file = join(import.meta.dirname, "..", "fixtures", "github", "api.json");
const description = JSON.parse(readFileSync(file, "utf8")) as Description;

const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false });
formatsModule.default(ajv, ["date-time", "uri"]);
for (const name of ["int64", "email", "binary"]) ajv.addFormat(name, true);
ajv.addSchema({ $id: "github", ...description });

const validators = new Map<string, ValidateFunction>();

function problems(pointer: string, value: unknown): string | null {
  const validate =
    validators.get(pointer) ?? ajv.compile({ $ref: `github#/${pointer.replaceAll("#", "%23")}` });
  validators.set(pointer, validate);
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

const encoded = (part: string) => part.replaceAll("~", "~0").replaceAll("/", "~1");

export interface Matched {
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The operation that a request is for; tags and refs may hold slashes. */
export function operationFor(method: string, path: string): Matched | null {
  for (const operation of description.operations) {
    if (operation.method !== method.toLowerCase()) continue;
    const names: string[] = [];
    const source = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
      names.push(name);
      if (name.endsWith("_id")) return "(\\d+)";
      return name === "tag" || name === "ref" ? "(.+)" : "([^/]+)";
    });
    const match = new RegExp(`^${source}$`).exec(path);
    if (!match) continue;
    const values = names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? "")]);
    return { operation, parameters: Object.fromEntries(values) as Record<string, string> };
  }
  return null;
}

/** What is wrong with a request by GitHub's description; empty when nothing is. */
export function requestProblems(
  operation: Operation,
  request: { query: URLSearchParams; contentType: string; body: unknown },
): string[] {
  const index = description.operations.indexOf(operation);
  const wrong: string[] = [];
  const known = new Map(
    operation.parameters.filter((one) => one.in === "query").map((one) => [one.name, one]),
  );
  for (const [name, value] of request.query) {
    const parameter = known.get(name);
    if (!parameter) wrong.push(`the query has ${name}, which ${operation.id} does not know`);
    else {
      const typed =
        parameter.schema["type"] === "integer" || parameter.schema["type"] === "boolean"
          ? parsed(value)
          : value;
      const at = operation.parameters.indexOf(parameter);
      const trouble = problems(`operations/${index}/parameters/${at}/schema`, typed);
      if (trouble) wrong.push(`query ${name}: ${trouble}`);
    }
  }
  for (const { name, required } of known.values()) {
    if (required && !request.query.has(name)) wrong.push(`the query lacks ${name}`);
  }
  const schema = operation.body?.["application/json"];
  if (schema) {
    if (!/^application\/json\b/.test(request.contentType)) wrong.push("the body is not said to be JSON");
    const trouble = problems(`operations/${index}/body/${encoded("application/json")}`, request.body);
    if (trouble) wrong.push(`body: ${trouble}`);
    // The description lets anything more pass; we mean what we write.
    const properties = Object.keys((schema["properties"] ?? {}) as Json);
    for (const key of Object.keys(Object(request.body))) {
      if (!properties.includes(key)) wrong.push(`the body has ${key}, which ${operation.id} does not know`);
    }
  }
  return wrong;
}

/** What is wrong with an answer of the stand-in itself. */
export function answerProblem(operation: Operation, status: number, body: unknown): string | null {
  if (!(status in operation.responses)) {
    return status < 400 ? `${operation.id} does not answer ${status}` : null;
  }
  if (!operation.responses[status] || status >= 400) return null;
  const index = description.operations.indexOf(operation);
  const text = JSON.stringify(body).replaceAll('"state":"starter"', '"state":"open"');
  return problems(`operations/${index}/responses/${status}`, JSON.parse(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The least that conforms to one of GitHub's schemas. */
export function least(name: string): Json {
  return example({ $ref: `#/schemas/${name}` }) as Json;
}

function example(schema: Json): unknown {
  const ref = schema["$ref"];
  if (typeof ref === "string") return example(description.schemas[ref.replace("#/schemas/", "")] ?? {});
  const first = [schema["anyOf"], schema["oneOf"], schema["allOf"]].find(Array.isArray)?.[0];
  if (first) return example(first as Json);
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  const type = schema["type"];
  if (Array.isArray(type)) return null;
  if (type === "object") {
    const properties = (schema["properties"] ?? {}) as Record<string, Json>;
    const required = (schema["required"] ?? []) as readonly string[];
    return Object.fromEntries(required.map((key) => [key, example(properties[key] ?? {})]));
  }
  if (type === "array") return [];
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  if (schema["format"] === "uri") return "https://github.example/";
  if (schema["format"] === "date-time") return "2026-11-21T10:00:00Z";
  return "x".repeat(Number(schema["minLength"] ?? 1));
}
