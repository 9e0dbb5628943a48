import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../../../src/cli/commands.ts";
import { cli } from "../../support/cli.ts";
import { gitHttpServer } from "../../support/git-server.ts";
import { left, type Remote, remote, run } from "./world.ts";

/** Every minute was well. */
const numbers = `
import { readFileSync } from "node:fs";
const { from, to } = JSON.parse(readFileSync(0, "utf8"));
const counts = [];
for (let start = Date.parse(from); start < Date.parse(to); start += 60000)
  counts.push({ start: new Date(start).toISOString(), total: 600, bad: 0 });
console.log(JSON.stringify({ counts }));
`;

const files = {
  "release-sentinel.yaml": JSON.stringify({
    checks: {
      "env.allowed": true,
      "git.repository": true,
      "git.branch": { allow: ["main"] },
      "git.version": true,
    },
    watch: { exec: { run: [process.execPath, "numbers.mjs"] }, signals: { burn: false } },
  }),
  "numbers.mjs": numbers,
  "db/V1__orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n",
};

const target = ["--env", "prod", "--version", "v1.0.0"];

/** One run of each, in this order: the words after its name, its exit code, and what tells that it was about the clone. */
const runs: Readonly<Record<string, readonly [words: readonly string[], code: number, told: RegExp]>> = {
  check: [
    [...target, "--attest", "verdict.json", "--key", "release-sentinel.key"],
    0,
    /Branch OK: main[\s\S]*Verdict attested: verdict\.json/,
  ],
  env: [["--env", "prod"], 0, /Release validation PASSED/],
  preflight: [["--env", "prod", "--require", "git"], 0, /Cloned [\s\S]*Tool OK: git/],
  release: [["--env", "prod", "--version", "v1.1.0", "--tag", "--dry-run"], 0, /v1\.1\.0/],
  "release plan": [["--env", "prod", "--version", "v1.1.0", "--tag", "-o", "plan.json"], 0, /v1\.1\.0/],
  notes: [["--version", "v1.1.0", "--from", "v1.0.0", "--to", "origin/feature/x"], 0, /\bX\b|- x/],
  "version next": [["--to", "origin/feature/x"], 0, /^v1\.1\.0$/m],
  "config validate": [[], 0, /Configuration OK: .*release-sentinel\.yaml/],
  "config show": [["--env", "prod"], 0, /git\.branch/],
  "migrate check": [["db/*.sql", "--lint-only"], 0, /V1__orders\.sql|PASSED/],
  ritual: [["--tag", "v1.0.0", "--dry-run"], 0, /Ritual of v1\.0\.0 is planned/],
  "ritual secrets": [["--env", "prod"], 0, /GITHUB_TOKEN/],
  watch: [[...target, "--since", "20m", "--state", "watch.json"], 0, /Watch of prod PASSED/],
  "watch explain": [["--env", "prod"], 0, /Final decision at [\s\S]*prod v1\.0\.0/],
  "watch backtest": [["--env", "prod", "--from", "recorded", "--policy", "new.json"], 0, /one\.json|STRETCH/],
  "attest verify": [
    ["verdict.json", ...target, "--commit", "v1.0.0", "--key", "release-sentinel.pub"],
    0,
    /Verdict genuine: PASSED v1\.0\.0/,
  ],
  "ledger show": [["--version", "v1.0.0"], 0, /verdict +prod +v1\.0\.0 +SAFE/],
  "ledger verify": [["--key", "release-sentinel.pub"], 0, /Ledger genuine: \d+ entries/],
  "ledger export": [["--version", "v1.0.0", "-o", "evidence.md"], 0, /Evidence for v1\.0\.0 written/],
  replay: [["--since", "1d"], 0, /1 run from /],
  doctor: [[], 0, /repository +.*, on main at/],
};

async function clonable(more: Readonly<Record<string, string>> = {}) {
  const world = remote({ ...files, ...more });
  const { url } = await gitHttpServer(world.repo.origin);
  return { ...world, url };
}

const ran = (world: Remote & { url: string }, name: string, words: readonly string[], env = {}) =>
  run(world, [...name.split(" "), ...words, "--repo", world.url, "--ref", "main"], env);

describe("--repo, for every command that takes it", () => {
  // Twenty of them, one after the other.
  it("is about the repository that was named, from anywhere, and leaves that and this folder alone", async () => {
    const takers = commands.filter(({ options }) => options().some(({ long }) => long === "--repo"));
    expect(Object.keys(runs)).toEqual(takers.map(({ name }) => name));
    const world = await clonable();
    await run(world, ["attest", "keygen"]);
    mkdirSync(join(world.here, "recorded"));
    writeFileSync(join(world.here, "new.json"), files["release-sentinel.yaml"]);
    const env = { RS_LEDGER: "git", RS_SIGNING_KEY_FILE: join(world.here, "release-sentinel.key") };
    for (const [name, [words, code, told]] of Object.entries(runs)) {
      const { all, ...answer } = await ran(world, name, words, env);
      expect([name, answer.code], all).toEqual([name, code]);
      expect(all, name).toMatch(told);
      if (name === "watch")
        writeFileSync(
          join(world.here, "recorded", "one.json"),
          (await ran(world, "watch explain", ["--json"], env)).stdout,
        );
    }
    expect(left(world.temp)).toEqual([]);
    for (const file of ["plan.json", "evidence.md", "watch.json", "verdict.json"])
      expect(existsSync(join(world.here, file)), file).toBe(true);
    expect(world.repo.git("ls-remote", "--tags", "origin").match(/refs\/tags\/\S+/g)).toEqual([
      "refs/tags/v1.0.0",
      "refs/tags/v1.0.0^{}",
    ]);
  }, 180_000);

  it("records nothing without RS_LEDGER, and says so only where something would be", async () => {
    const world = await clonable();
    const untold = "with --repo there is no work tree to keep the ledger in";
    for (const [name, words] of [
      ["notes", ["--version", "v1.1.0"]],
      ["config validate", []],
    ] as const)
      expect((await ran(world, name, words)).stderr, name).not.toContain(untold);
    for (const name of ["release", "release plan", "ritual"]) {
      const dryRun = name === "release plan" ? [] : ["--dry-run"];
      const about =
        name === "ritual" ? ["--tag", "v1.0.0"] : ["--env", "prod", "--version", "v1.1.0", "--tag"];
      const { code, stderr } = await ran(world, name, [...about, ...dryRun]);
      expect([name, code], stderr).toEqual([name, 0]);
      expect(stderr).toContain(`WARNING release-sentinel.ledger In the way of the real run: ${untold}`);
    }
    const { stderr } = await ran(world, "watch", [...target, "--since", "20m"]);
    expect(stderr).toContain(`Not recorded: ${untold}`);
    expect(stderr).toContain("Not kept: with --repo there is no git folder");
  });

  it("an interrupted watch says how it goes on, with the repository", async () => {
    const world = await clonable();
    const words = [
      "--env",
      "prod",
      "--for",
      "10m",
      "--state",
      "watch.json",
      "--repo",
      world.url,
      "--ref",
      "main",
    ];
    let said = "";
    const { code, stdout, stderr } = await cli(["watch", ...words, "--json"], {
      cwd: world.here,
      env: { TMPDIR: world.temp },
      during: (child) =>
        void child.stderr?.on("data", (chunk) => {
          const before = said.includes("Watching prod");
          said += chunk;
          if (!before && said.includes("Watching prod")) child.kill("SIGTERM");
        }),
    });
    expect(code, stderr).toBe(143);
    const { resume } = JSON.parse(stdout);
    expect(resume).toContain(`--state watch.json --repo ${world.url} --ref main`);
    expect(existsSync(join(world.here, "watch.json"))).toBe(true);
    expect(left(world.temp)).toEqual([]);
  });
});

describe("the ledger of a repository that is cloned", () => {
  it("is found among its files, where it was committed with them", async () => {
    const world = await clonable();
    const book = { RS_LEDGER: "book.jsonl" };
    expect((await ran(world, "check", target, book)).code).toBe(0);
    world.repo.git("switch", "-q", "main");
    mkdirSync(join(world.repo.path, ".release-sentinel"));
    const kept = readFileSync(join(world.here, "book.jsonl"), "utf8");
    world.repo.commit("chore: what was decided", { ".release-sentinel/ledger.jsonl": kept });
    world.repo.git("push", "-q", "origin", "main");
    for (const [name, words, told] of [
      ["ledger show", [], "SAFE"],
      ["ledger verify", [], "Ledger genuine: 1 entry"],
      ["replay", [], "1 run from "],
    ] as const) {
      const { code, all } = await ran(world, name, words);
      expect([name, code, all.includes(told)], all).toEqual([name, 0, true]);
    }
  });

  it("is missed in one line where it is not, and where origin has none", async () => {
    const world = await clonable();
    for (const name of ["ledger show", "ledger verify", "replay", "watch explain", "watch backtest"]) {
      const words = name === "watch backtest" ? ["--env", "prod"] : [];
      const { code, stderr } = await ran(world, name, words);
      expect(stderr, name).toMatch(
        /^release-sentinel: the repository has no ledger among its files at that ref → say where it is kept: RS_LEDGER=git/m,
      );
      expect(code, name).toBe(2);
    }
    const { code, stderr } = await ran(world, "ledger verify", [], { RS_LEDGER: "git" });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("refs/release-sentinel/ledger of origin is empty"),
    ]);
  });
});
