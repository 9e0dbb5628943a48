import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { sections } from "../../../src/app/sections.ts";
import { catalogue } from "../../../src/checks/index.ts";
import { policyFor, readConfig, type Surroundings } from "../../../src/config/configuration.ts";
import { workTreeFiles } from "../../../src/config/files.ts";
import { plain, type Traced } from "../../../src/config/merge.ts";
import { at } from "../../../src/config/problem.ts";
import { tempFolder } from "../../support/temp.ts";

function folder(files: Readonly<Record<string, string>>): string {
  const path = tempFolder("rs-config-");
  // A stop for the search upwards.
  mkdirSync(join(path, ".git"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

function around(start: string, path?: string): Surroundings {
  return { catalogue, sections, files: workTreeFiles, start, cwd: start, path };
}

/** Problems as a user reads them. */
async function problems(text: string, name = "release-sentinel.yaml"): Promise<string[]> {
  const found = await readConfig(around(folder({ [name]: text })));
  return found.problems.map(({ place, message, remedy }) => `${at(place)}: ${message} → ${remedy}`);
}

async function policy(files: Readonly<Record<string, string>>, environment = "prod", start = ".") {
  const surroundings = around(join(folder(files), start));
  const { loaded, problems } = await readConfig(surroundings);
  expect(problems).toEqual([]);
  if (!loaded) throw new Error("no configuration was found");
  return policyFor(loaded, environment, surroundings);
}

async function failure(files: Readonly<Record<string, string>>): Promise<string> {
  return policy(files).then(
    () => "no error",
    (error: Error) => error.message,
  );
}

describe("what is wrong with a configuration", () => {
  it.each<[string, string, string]>([
    [
      "an unknown key at the top",
      "cheks:\n  git.clean: true\n",
      'release-sentinel.yaml:1:1: unknown key "cheks" → did you mean "checks"?',
    ],
    [
      "an unknown option",
      "checks:\n  git.branch:\n    alow: [main]\n",
      'release-sentinel.yaml:3:5: unknown key "alow" in checks.git.branch → did you mean "allow"?',
    ],
    [
      "a value of the wrong type",
      "checks:\n  host.disk:\n    warn: high\n",
      'release-sentinel.yaml:3:11: checks.host.disk.warn: expected number, received string, got "high"',
    ],
    [
      "a disk that fails before it warns",
      "checks:\n  host.disk:\n    warn: 90\n",
      "release-sentinel.yaml:3:5: checks.host.disk: warn is 90 and critical 85: it would fail before it warns → set warn to 85 at most, or critical to 90 at least",
    ],
    [
      "inodes that fail before they warn, in one environment",
      "checks:\n  host.disk: {inodesCritical: 50, inodesWarn: 40}\nenvironments:\n  prod:\n    checks:\n      host.disk: {inodesWarn: 60}\n",
      "release-sentinel.yaml:6:19: checks.host.disk: inodesWarn is 60 and inodesCritical 50",
    ],
    [
      "memory that fails before it warns",
      "checks:\n  mem: {uses: host.memory, critical: 60}\n",
      "checks.mem: warn is 70 and critical 60",
    ],
    [
      "a waiver of a check that is none",
      "checks:\n  git.clean: true\nwaivers:\n  - {check: git.*, owner: a, reason: b, until: 2099-01-01}\n  - {check: git.cleen, owner: a, reason: b, until: 2099-01-01}\n",
      'release-sentinel.yaml:5:13: waivers[1].check: no check here is called "git.cleen" → did you mean "git.clean"?',
    ],
    [
      "a waiver whose glob matches nothing",
      "checks:\n  git.clean: true\nwaivers:\n  - {check: '*.zzz', owner: a, reason: b, until: 2099-01-01}\n",
      'release-sentinel.yaml:4:13: waivers[0].check: no check here is called "*.zzz" → checks here: git.clean',
    ],
    ["a choice that is none", "checks:\n  git.clean:\n    severity: warning\n", 'did you mean "warn"?'],
    [
      "a duration that is none",
      "checks:\n  git.clean:\n    timeout: soon\n",
      "release-sentinel.yaml:3:14: checks.git.clean.timeout: is not a duration",
    ],
    [
      "a waiver without an owner",
      "checks: {git.clean: true}\nwaivers:\n  - check: git.clean\n    reason: x\n    until: 2027-01-01\n",
      "release-sentinel.yaml:3:5: waivers[0].owner: is missing",
    ],
    [
      "a waiver until never",
      "checks: {git.clean: true}\nwaivers:\n  - {check: git.clean, owner: a, reason: x, until: never}\n",
      "waivers[0].until: is not a date",
    ],
    [
      "a check that needs an unknown one",
      "checks:\n  git.clean:\n    needs: [git.cleen]\n  git.branch: true\n",
      'checks.git.clean needs "git.cleen", which is not checked → did you mean "git.clean"?',
    ],
    [
      "checks that wait for each other",
      "checks:\n  git.clean:\n    needs: [git.branch]\n  git.branch:\n    needs: [git.clean]\n",
      "checks wait for each other: git.clean → git.branch → git.clean",
    ],
    [
      "an unknown key in a section that only an environment has",
      "checks: {git.clean: true}\nenvironments:\n  prod:\n    watch: {intervall: 5s}\n",
      'release-sentinel.yaml:4:13: unknown key "intervall" in environments.prod.watch',
    ],
    ["nothing that is checked", "environments:\n  prod: {}\n", "no check is configured for prod"],
    [
      "an option in an environment",
      "checks: {host.disk: true}\nenvironments:\n  prod:\n    checks:\n      host.disk: {crit: 90}\n",
      'release-sentinel.yaml:5:19: unknown key "crit" in environments.prod.checks.host.disk → did you mean "critical"?',
    ],
  ])("%s", async (_what, text, expected) => {
    expect((await problems(text)).join("\n")).toContain(expected);
  });

  it("lets a waiver name what comes along, what is turned off, and what one environment alone checks", async () => {
    const waiver = (check: string) => `  - {check: ${check}, owner: a, reason: b, until: 2099-01-01}\n`;
    const named = ["git.tag.remote", "env.allowed", "git.signed", "host.*"].map(waiver).join("");
    const environments = "environments:\n  prod:\n    checks: {host.disk: {warn: 80, critical: 80}}\n";
    expect(
      await problems(`checks: {git.tag: true, git.signed: false}\n${environments}waivers:\n${named}`),
    ).toEqual([]);
  });
  it("leaves the waivers of a base to the base", async () => {
    const base = "waivers:\n  - {check: git.signed, owner: a, reason: b, until: 2099-01-01}\n";
    await policy({
      "base.yaml": base,
      "release-sentinel.yaml": "extends: ./base.yaml\nchecks: {git.clean: true}\n",
    });
  });
  it("names every problem, not only the first", async () => {
    expect(await problems("checks:\n  git.branch: {alow: [x]}\n  host.disk: {warm: 1}\n")).toHaveLength(2);
  });

  it.each<[string, string, RegExp]>([
    ["broken YAML", "checks: [unclosed\n", /^release-sentinel\.yaml:\d+:\d+: /],
    [
      "the same key twice",
      "checks: {git.clean: true}\nchecks: {}\n",
      /^release-sentinel\.yaml:2:1: Map keys must be unique/,
    ],
    [
      "the same key twice, in a list",
      "checks: {git.clean: true}\nalerts:\n  - {type: slack}\n  - [{a: 1}, {a: 1, b: 2, a: 3}]\n",
      /^release-sentinel\.yaml:4:27: Map keys must be unique/,
    ],
    [
      "aliases that explode",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      /alias/i,
    ],
    [
      "more than a file should be",
      `# ${"x".repeat(10 * 1024 * 1024)}\n`,
      /the configuration has 10\.0 MiB; the limit is 1 MiB/,
    ],
    ["deep nesting", "[".repeat(50_000), /^release-sentinel\.yaml:\d+:\d+: /],
    [
      "a check that is none",
      "checks:\n  git.cleen: true\n",
      /^release-sentinel\.yaml:2:3: unknown check "git\.cleen"/,
    ],
    [
      "a policy that is not there",
      "extends: ./nowhere.yaml\n",
      /^release-sentinel\.yaml:1:10: cannot extend \.\/nowhere\.yaml/,
    ],
    [
      "a package that is not installed",
      'extends: "@acme/policy"\n',
      /cannot extend @acme\/policy: the package is not installed/,
    ],
    [
      "a plugin that is not there",
      "checks:\n  mine:\n    uses: ./mine.mjs\n",
      /^release-sentinel\.yaml:3:11: there is no plugin \.\/mine\.mjs/,
    ],
  ])("refuses %s in one line", async (_what, text, expected) => {
    const message = await failure({ "release-sentinel.yaml": text });
    expect(message).toMatch(expected);
    expect(message).not.toContain("\n");
  });

  it("refuses text that is not UTF-8", async () => {
    const path = folder({});
    writeFileSync(join(path, "release-sentinel.yaml"), Buffer.from([0x63, 0x68, 0xff, 0xfe]));
    await expect(readConfig(around(path))).rejects.toThrow("is not UTF-8");
  });

  it("refuses a policy that extends itself", async () => {
    const message = await failure({
      "release-sentinel.yaml": "extends: ./b.yaml\n",
      "b.yaml": "extends: ./release-sentinel.yaml\n",
    });
    expect(message).toContain(
      "extends leads back to itself: release-sentinel.yaml → b.yaml → release-sentinel.yaml",
    );
  });

  it("never shows the value of a header that should have been a reference", async () => {
    const literal = ["Bearer", "abcdef-0123456789"].join(" ");
    const text = await problems(
      `checks:\n  api:\n    uses: http\n    url: https://x.example\n    headers: {Authorization: "${literal}"}\n`,
    );
    expect(text).toHaveLength(1);
    expect(text.join()).not.toContain("abcdef");
  });
});

describe("where a configuration is found", () => {
  const clean = "checks: {git.clean: true}\n";
  it("looks in the folders above, up to the repository's top", async () => {
    expect(
      (await policy({ "release-sentinel.yaml": clean, "packages/a/x": "" }, "prod", "packages/a")).checks,
    ).toHaveLength(1);
  });
  it.each([
    ["release-sentinel.yml", clean],
    ["release-sentinel.json", '{\n\t"checks": {"git.clean": true}\n}'],
    ["package.json", '{"name": "x", "release-sentinel": {"checks": {"git.clean": true}}}'],
  ])("reads %s", async (name, text) => {
    expect((await policy({ [name]: text })).checks.map(({ name }) => name)).toEqual(["git.clean"]);
  });
  it("passes over a package.json that says nothing about us", async () => {
    expect((await readConfig(around(folder({ "package.json": '{"name": "x"}' })))).loaded).toBeUndefined();
  });
  it("places problems of package.json in package.json", async () => {
    expect(await problems('{\n  "release-sentinel": {\n    "cheks": {}\n  }\n}', "package.json")).toEqual([
      'package.json:3:5: unknown key "cheks" → did you mean "checks"?',
    ]);
  });
});

describe("how policies build on each other", () => {
  it("keeps the default's checks with extends: default", async () => {
    const { checks } = await policy({
      "release-sentinel.yaml": "extends: default\nchecks:\n  host.disk: {warn: 50}\n  api: false\n",
    });
    expect(checks.map(({ name }) => name)).toContain("git.branch");
    expect(checks.map(({ name }) => name)).not.toContain("api");
    expect(checks.find(({ name }) => name === "host.disk")?.options).toMatchObject({
      warn: 50,
      critical: 85,
    });
  });
  it("takes a package's policy, lets the file win, and appends waivers", async () => {
    const files = {
      "node_modules/@acme/policy/release-sentinel.yaml":
        "checks:\n  git.branch: {allow: [trunk]}\n  host.disk: true\nwaivers:\n  - {check: host.disk, owner: a, reason: r, until: 2099-01-01}\n",
      "release-sentinel.yaml":
        'extends: "@acme/policy"\nchecks:\n  git.branch: true\n  host.disk: {critical: 99}\nwaivers:\n  - {check: git.branch, owner: b, reason: r, until: 2099-01-01}\n',
    };
    const { checks, waivers } = await policy(files);
    expect(checks.find(({ name }) => name === "git.branch")?.options).toMatchObject({ allow: ["trunk"] });
    expect(checks.find(({ name }) => name === "host.disk")?.options).toMatchObject({ critical: 99 });
    expect(waivers.map(({ owner }) => owner)).toEqual(["a", "b"]);
  });
  it("puts an environment's checks on top, for that environment alone", async () => {
    const text =
      "checks:\n  host.disk: {warn: 70}\n  git.clean: true\nenvironments:\n  dev:\n    checks: {git.clean: false, host.disk: {warn: 80}}\n    unknown: warn\n  prod:\n    breakGlass: [host.*]\n";
    const [dev, prod] = [
      await policy({ "release-sentinel.yaml": text }, "dev"),
      await policy({ "release-sentinel.yaml": text }, "prod"),
    ];
    expect(dev.checks.map(({ name, options }) => [name, options["warn"]])).toEqual([
      ["env.allowed", undefined],
      ["host.disk", 80],
    ]);
    expect(prod.checks.map(({ name }) => name)).toEqual(["env.allowed", "host.disk", "git.clean"]);
    expect([dev.onUnknown, prod.onUnknown, prod.breakGlass]).toEqual(["warn", "critical", ["host.*"]]);
    expect(dev.digest()).not.toBe(prod.digest());
  });
  it("allows the file's environments", async () => {
    const { checks } = await policy({
      "release-sentinel.yaml": "checks: {env.allowed: true}\nenvironments: {qa: {}, live: {}}\n",
    });
    expect(checks[0]?.options).toMatchObject({ allow: ["qa", "live"] });
  });
  it("gives the same digest wherever the files lie", async () => {
    const text = { "release-sentinel.yaml": "checks:\n  mine: {uses: exec, command: [./x.sh]}\n" };
    expect((await policy(text)).digest()).toBe((await policy(text)).digest());
  });
  it("knows where every value comes from", async () => {
    const path = folder({
      "base.yaml": "checks:\n  host.disk:\n    warn: 60\n    critical: 80\n",
      "release-sentinel.yaml": "extends: ./base.yaml\nchecks:\n  host.disk:\n    warn: 50\n",
    });
    const { loaded } = await readConfig(around(path));
    const leaf = (...keys: string[]) =>
      keys.reduce<Traced | undefined>((node, key) => node?.map?.get(key), loaded?.traced);
    expect(leaf("checks", "host.disk", "warn")).toMatchObject({ value: 50 });
    expect(leaf("checks", "host.disk", "warn")?.origin()).toBe("release-sentinel.yaml:4:11");
    expect(leaf("checks", "host.disk", "critical")?.origin()).toBe("base.yaml:4:15");
    expect(plain(loaded?.traced ?? { value: null, origin: () => "" })).toEqual({
      checks: { "host.disk": { warn: 50, critical: 80 } },
    });
  });
});

describe("plugins", () => {
  const plugin =
    'export default { id: "x", question: "?", kind: "policy", reach: "local", defaults: { n: 1 }, schema: (z) => z.strictObject({ n: z.int().optional() }), observe: async () => null, judge: () => ({ status: "ok", message: "fine" }) };\nexport const other = { nonsense: true };\n';
  const using = (uses: string, rest = "") => `checks:\n  mine:\n    uses: ${uses}\n${rest}`;

  it("come from a file, with their options checked", async () => {
    const { checks } = await policy({
      "release-sentinel.yaml": using("./checks/x.mjs", "    n: 2\n"),
      "checks/x.mjs": plugin,
    });
    expect(checks[0]).toMatchObject({ name: "mine", options: { n: 2 } });
    const found = await readConfig(
      around(folder({ "release-sentinel.yaml": using("./x.mjs", "    m: 2\n"), "x.mjs": plugin })),
    );
    expect(found.problems[0]?.message).toBe('unknown key "m" in checks.mine');
  });
  it("come from a package, by the name of an export", async () => {
    const { checks } = await policy({
      "release-sentinel.yaml": using('"npm:acme-checks#named"'),
      "node_modules/acme-checks/package.json":
        '{"name": "acme-checks", "type": "module", "exports": {".": {"import": "./i.js"}}}',
      "node_modules/acme-checks/i.js": plugin.replace("export default", "export const named ="),
    });
    expect(checks[0]?.check.id).toBe("x");
  });
  it.each([
    ["throws while it is loaded", "throw new Error('no db');"],
    ["exports nothing", "export {};"],
    ["exports no check", "export default { id: 3 };"],
    ["is not JavaScript", "this is not ( JavaScript"],
  ])("that %s answer unknown and crash nothing", async (_what, source) => {
    const { checks } = await policy({ "release-sentinel.yaml": using("./x.mjs"), "x.mjs": source });
    await expect(checks[0]?.check.observe({} as never)).rejects.toThrow("x.mjs");
  });
  it("change the digest when their code changes", async () => {
    const one = await policy({ "release-sentinel.yaml": using("./x.mjs"), "x.mjs": plugin });
    const two = await policy({ "release-sentinel.yaml": using("./x.mjs"), "x.mjs": `${plugin}// changed\n` });
    expect(one.digest()).not.toBe(two.digest());
  });
});

it("names no unreadable folder a configuration", async () => {
  const path = folder({ "release-sentinel.yaml/x": "" });
  await expect(readConfig(around(path))).rejects.toThrow("cannot read the configuration (EISDIR)");
  expect(execFileSync("ls", [path]).toString()).toContain("release-sentinel.yaml");
});
