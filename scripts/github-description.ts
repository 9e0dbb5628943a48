// Cuts the operations that we use out of GitHub's own description of its API, as the npm package @octokit/openapi (MIT)
// ships it; the package itself is far too large to depend on. The stand-in for GitHub in the tests checks by the result.
//
//   node scripts/github-description.ts PATH            writes test/fixtures/github/api.json; PATH: the unpacked package
//   node scripts/github-description.ts --check PATH    says whether that is what the package would give
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Node = { [key: string]: unknown };

const repo = "/repos/{owner}/{repo}";
const used: readonly string[] = [
  `get ${repo}`,
  `get ${repo}/releases`,
  `post ${repo}/releases`,
  `get ${repo}/releases/latest`,
  `get ${repo}/releases/tags/{tag}`,
  `get ${repo}/releases/{release_id}`,
  `patch ${repo}/releases/{release_id}`,
  `delete ${repo}/releases/{release_id}`,
  `get ${repo}/releases/{release_id}/assets`,
  `post ${repo}/releases/{release_id}/assets`,
  `get ${repo}/releases/assets/{asset_id}`,
  `delete ${repo}/releases/assets/{asset_id}`,
  `get ${repo}/git/ref/{ref}`,
  `get ${repo}/git/matching-refs/{ref}`,
  `get ${repo}/git/tags/{tag_sha}`,
  `get ${repo}/git/commits/{commit_sha}`,
  `get ${repo}/commits/{ref}`,
  `get ${repo}/rulesets`,
  `get ${repo}/rulesets/{ruleset_id}`,
  `get ${repo}/immutable-releases`,
  `get ${repo}/pulls`,
  `get ${repo}/pulls/{pull_number}`,
  `get ${repo}/issues/{issue_number}`,
  "get /installation/repositories",
];

const target = join(import.meta.dirname, "..", "test", "fixtures", "github", "api.json");
const source = "generated/api.github.com.json";

/** Words for readers, not for validators. */
const dropped = new Set([
  "description",
  "title",
  "example",
  "examples",
  "deprecated",
  "externalDocs",
  "readOnly",
  "writeOnly",
  "default",
]);

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A schema of OpenAPI 3.0 as JSON Schema: `nullable` is a type of its own there. */
function schemaOf(value: unknown, named = false): unknown {
  if (Array.isArray(value)) return value.map((item) => schemaOf(item));
  if (!isNode(value)) return value;
  const entries = Object.entries(value)
    // The names of properties are no keywords.
    .filter(([key]) => named || !(dropped.has(key) || key === "nullable" || key.startsWith("x-")))
    .map(([key, item]) => {
      if (key === "$ref" && typeof item === "string") {
        return [key, item.replace("#/components/schemas/", "#/schemas/")];
      }
      return [key, schemaOf(item, !named && key === "properties")];
    });
  const schema = Object.fromEntries(entries) as Node;
  if (named || value["nullable"] !== true) return schema;
  if (typeof schema["type"] !== "string") return { anyOf: [schema, { type: "null" }] };
  const orNull = Array.isArray(schema["enum"]) ? { enum: [...schema["enum"], null] } : {};
  return { ...schema, type: [schema["type"], "null"], ...orNull };
}

function cut(folder: string): string {
  const description = JSON.parse(readFileSync(join(folder, source), "utf8")) as Node;
  const { version, name, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Node;

  const follow = (value: unknown): Node => {
    const ref = isNode(value) ? value["$ref"] : undefined;
    if (typeof ref !== "string") return value as Node;
    return follow(
      ref
        .slice(2)
        .split("/")
        .reduce<unknown>((at, key) => (at as Node)[key], description),
    );
  };
  const content = (body: unknown): Node =>
    Object.fromEntries(
      Object.entries((follow(body)?.["content"] ?? {}) as Node).map(([type, media]) => [
        type,
        schemaOf((media as Node)["schema"]),
      ]),
    );

  const operations = used.map((operation) => {
    const [method = "", path = ""] = operation.split(" ");
    const found = ((description["paths"] as Node)[path] as Node | undefined)?.[method] as Node | undefined;
    if (!found) throw new Error(`GitHub's description has no ${operation} any more`);
    const parameters = ((found["parameters"] ?? []) as unknown[]).map((parameter) => {
      const { name, in: place, required = false, schema } = follow(parameter);
      return { name, in: place, required, schema: schemaOf(schema) };
    });
    const responses = Object.fromEntries(
      Object.entries(found["responses"] as Node).map(([status, response]) => [
        status,
        content(response)["application/json"] ?? null,
      ]),
    );
    const body = found["requestBody"] === undefined ? null : content(found["requestBody"]);
    return { id: found["operationId"], method, path, parameters, body, responses };
  });

  const schemas: Node = {};
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (isNode(value)) {
      const name = typeof value["$ref"] === "string" ? value["$ref"].replace("#/schemas/", "") : undefined;
      if (name !== undefined && !(name in schemas)) {
        schemas[name] = schemaOf(((description["components"] as Node)["schemas"] as Node)[name]);
        collect(schemas[name]);
      }
      Object.values(value).forEach(collect);
    }
  };
  collect(operations);

  const from = { package: name, version, file: source, license };
  const lines = (entries: readonly string[]) => entries.join(",\n");
  return `{"from":${JSON.stringify(from)},
"operations":[
${lines(operations.map((operation) => JSON.stringify(operation)))}
],
"schemas":{
${lines(
  Object.keys(schemas)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(schemas[key])}`),
)}
}}
`;
}

const folder = process.argv.at(-1) ?? "";
const text = cut(folder);
if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
  console.log(`written: ${target} (${text.length} bytes)`);
} else if (readFileSync(target, "utf8") !== text) {
  console.error(`out of date: ${target}`);
  process.exitCode = 1;
}
