import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configSchema } from "../../../scripts/generate/config-schema.ts";
import { examples } from "../../../scripts/generate/examples.ts";
import { sections } from "../../../src/app/sections.ts";
import { catalogue } from "../../../src/checks/index.ts";
import { readConfig } from "../../../src/config/configuration.ts";
import { workTreeFiles } from "../../../src/config/files.ts";
import { tempFolder } from "../../support/temp.ts";

const ajv = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
});
const validate = ajv.compile(configSchema() as object);

const plugin =
  'export default { id: "x", defaults: {}, schema: (z) => z.strictObject({ whatever: z.array(z.int()).optional() }), observe: async () => null, judge: () => ({ status: "ok", message: "fine" }) };\n';

/** Whether the tool itself takes this text as its configuration. */
async function accepted(text: string): Promise<boolean> {
  const start = tempFolder("rs-schema-");
  mkdirSync(join(start, ".git"));
  writeFileSync(join(start, "plugin.mjs"), plugin);
  writeFileSync(
    join(start, "base.yaml"),
    "checks:\n  shop: { uses: http, url: http://shop.example.com }\n  tcp: { address: 'db:1' }\n",
  );
  writeFileSync(join(start, "release-sentinel.yaml"), text);
  const around = { catalogue, sections, files: workTreeFiles, start, cwd: start };
  return readConfig(around).then(
    ({ problems }) => problems.length === 0,
    () => false,
  );
}

const good: readonly [what: string, text: string][] = [
  ["checks that are on, empty and off", "checks: { git.clean: true, git.branch: null, git.tag: false }"],
  ["no checks of its own", "extends: default"],
  ["nothing under checks", "extends: default\nchecks:\n"],
  ["several bases", "extends: [default, ./base.yaml]"],
  ["a schema for the editor", "$schema: ./x.json\nchecks: { git.clean: true }"],
  [
    "every key that all checks have",
    "checks: { git.clean: { severity: warn, mode: shadow, owner: a, reason: b, until: 2027-01-01, timeout: 3s, attempts: 2, needs: [git.branch] }, git.branch: true }",
  ],
  [
    "limits in numbers and words",
    "checks: { git.clean: { timeout: 2.5 }, git.tag: { timeout: 500ms }, git.branch: { timeout: 2 min } }",
  ],
  ["a name of one's own", "checks: { shop: { uses: http, url: http://shop.example.com, status: 2xx } }"],
  ["a check's name for another check", "checks: { tcp: { uses: http, url: http://shop.example.com } }"],
  ["a check named by itself", "checks: { tcp: { uses: tcp, address: 'db:5432' } }"],
  [
    "what a base has said already",
    "extends: ./base.yaml\nchecks: { shop: { maxLatencyMs: 200 }, tcp: { attempts: 1 } }",
  ],
  [
    "what the file has said already",
    "checks: { tcp: { address: 'db:1' } }\nenvironments: { prod: { checks: { tcp: { attempts: 1 } } } }",
  ],
  [
    "environments with and without anything in them",
    "checks: { git.clean: true }\nenvironments: { dev: , stage: {}, prod: { unknown: blocked, breakGlass: [git.*] } }",
  ],
  [
    "a plugin with options of its own",
    "checks: { mine: { uses: ./plugin.mjs, whatever: [1, 2], timeout: 3s } }",
  ],
  [
    "a waiver",
    "checks: { git.clean: true }\nwaivers: [{ check: git.*, owner: a, reason: b, until: '2027-01-01T10:00:00Z', versions: [v1.*] }]",
  ],
  ["alerts", "checks: { git.clean: true }\nalerts: [{ type: slack, urlFrom: HOOK, severity: [CRITICAL] }]"],
  [
    "assertions about a body",
    "checks: { http: { url: http://a.example.com, body: { json: [{ pointer: /a, equals: { b: [1, null] } }] } } }",
  ],
  [
    "alternatives among variables",
    "checks: { env.variables: { required: [A, [B, C], { name: D, pattern: '^x' }] } }",
  ],
];

const bad: readonly [what: string, text: string][] = [
  ["an unknown key", "cheks: {}\nchecks: { git.clean: true }"],
  ["an unknown option", "checks: { git.branch: { alow: [main] } }"],
  ["an option of another check", "checks: { shop: { uses: http, url: http://a.example.com, address: x } }"],
  ["a value of the wrong type", "checks: { host.disk: { warn: high } }"],
  ["a number that is too large", "checks: { host.disk: { warn: 101 } }"],
  ["a check that is none", "checks: { git.cleen: true }"],
  ["a name that uses nothing", "checks: { shop: { url: http://a.example.com } }"],
  ["a use that is none", "checks: { shop: { uses: htpp } }"],
  ["a check without what it must be told", "checks: { http: { status: 200 } }"],
  ["a check that is merely on, though it must be told something", "checks: { tcp: true }"],
  ["a name of one's own without what its check must be told", "checks: { shop: { uses: http } }"],
  ["a check's name for another that must be told something", "checks: { tcp: { uses: http } }"],
  ["a common key of the wrong type", "checks: { git.clean: { severity: warning } }"],
  ["a limit that is none", "checks: { git.clean: { timeout: soon } }"],
  ["no attempt at all", "checks: { git.clean: { attempts: 0 } }"],
  ["a common key of the wrong type on a plugin", "checks: { mine: { uses: ./plugin.mjs, attempts: many } }"],
  [
    "an option in an environment",
    "checks: { git.clean: true }\nenvironments: { prod: { checks: { git.clean: { x: 1 } } } }",
  ],
  ["a key of an environment", "checks: { git.clean: true }\nenvironments: { prod: { breakglass: [x] } }"],
  [
    "a waiver without an owner",
    "checks: { git.clean: true }\nwaivers: [{ check: git.clean, reason: b, until: 2027-01-01 }]",
  ],
  [
    "a waiver until never",
    "checks: { git.clean: true }\nwaivers: [{ check: git.clean, owner: a, reason: b, until: never }]",
  ],
  ["a channel that is none", "checks: { git.clean: true }\nalerts: [{ type: pager, urlFrom: HOOK }]"],
  [
    "an alert's URL in the file",
    "checks: { git.clean: true }\nalerts: [{ type: slack, urlFrom: 'https://hooks.example.com/x' }]",
  ],
  ["extends that names nothing", "extends: []\nchecks: { git.clean: true }"],
];

describe("the JSON Schema agrees with the tool", () => {
  it.each(good)("that %s is right", async (_what, text) => {
    expect(await accepted(text)).toBe(true);
    validate(parse(text));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(bad)("that %s is wrong", async (_what, text) => {
    expect(await accepted(text)).toBe(false);
    expect(validate(parse(text))).toBe(false);
  });

  it.each(Object.entries(examples))("on the example of %s", async (_id, { yaml }) => {
    const text = `checks:\n${yaml.replace(/^/gm, "  ")}\n`;
    expect(await accepted(text)).toBe(true);
    validate(parse(text));
    expect(validate.errors ?? []).toEqual([]);
  });
});

describe("the JSON Schema helps while typing", () => {
  const definitions = configSchema()["$defs"] as Record<
    string,
    {
      title?: string;
      description?: string;
      properties?: Record<string, { default?: unknown; description?: string; $ref?: string }>;
    }
  >;

  it("describes every option of every check", () => {
    const silent = catalogue.flatMap(({ id }) =>
      Object.entries(definitions[`check.${id}`]?.properties ?? {})
        .map(([name, property]) => ({
          name,
          property: property.$ref ? definitions[property.$ref.replace("#/$defs/", "")] : property,
        }))
        .filter(({ property }) => !property?.description)
        .map(({ name }) => `${id}.${name}`),
    );
    expect(silent).toEqual([]);
  });

  it("knows the defaults", () => {
    expect(definitions["check.host.disk"]?.properties?.["warn"]?.default).toBe(75);
    expect(definitions["check.http"]?.properties?.["url"]).not.toHaveProperty("default");
  });

  it("offers every check's name", () => {
    const names = Object.keys((definitions["checks"]?.properties ?? {}) as object);
    expect(names).toEqual(catalogue.map(({ id }) => id));
  });

  it("names no host but that of JSON Schema itself", () => {
    const hosts = [...JSON.stringify(configSchema()).matchAll(/https?:\/\/([\w.-]+)/g)].map(
      ([, host]) => host,
    );
    expect(hosts.filter((host) => host !== "json-schema.org" && host !== "host")).toEqual([]);
  });
});
