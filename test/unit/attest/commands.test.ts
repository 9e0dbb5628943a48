import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CommandDefinition } from "../../../src/cli/command.ts";
import { prepare } from "../../../src/cli/commands/check-attest.ts";
import { run as fromSaved } from "../../../src/cli/commands/check-from.ts";
import { replayCommand } from "../../../src/cli/commands/replay.ts";
import { attestCommands, replayDefinition } from "../../../src/cli/evidence-commands.ts";
import { attestOptions, type EvidenceOptions } from "../../../src/cli/evidence-options.ts";
import { checkOptions, commonOptions, gateOptions, targetOptions } from "../../../src/cli/options.ts";
import { encodings } from "../../../src/core/mask.ts";
import type { Verdict } from "../../../src/core/verdict.ts";
import { render } from "../../../src/gate/report/index.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import { ledger, memory, policyOf, recorded } from "../flows/recorded.ts";
import { options as rendering, safe } from "../gate/report/verdicts.ts";
import { command, type Said } from "./command.ts";
import { keyFiles, statementIn } from "./signing.ts";

const [keygen, verify] = attestCommands as readonly [CommandDefinition, CommandDefinition];
const options = () => [
  ...targetOptions(),
  ...checkOptions(),
  ...attestOptions(),
  ...gateOptions(),
  ...commonOptions(),
];
/** `check` with a verdict that is given, as far as `--attest` and `--from` are concerned. */
const check = (given: Verdict): Pick<CommandDefinition, "options" | "load"> => ({
  options,
  load: async () => async (context, parsed) => {
    const evidence = parsed as EvidenceOptions;
    if (evidence.from !== undefined) return fromSaved(context, evidence, evidence.from);
    const tell = await prepare(context, evidence, evidence.attest ?? "");
    await tell(given, `sha256:${"ab".repeat(32)}`);
    return given.exitCode;
  },
});

function world() {
  const repo = repository();
  const commit = repo.commit("feat: release");
  repo.git(
    "remote",
    "add",
    "origin",
    `https://${["someone", "hidden-word"].join(":")}@git.example.com/shop/api.git`,
  );
  const folder = tempFolder();
  const keys = keyFiles(folder);
  const verdict: Verdict = { ...safe, commit, startedAt: new Date().toISOString() };
  return { repo, commit, folder, keys, verdict, bundle: join(folder, "verdict.sigstore.json") };
}

async function attested(at = world(), given = at.verdict, argv: readonly string[] = []) {
  const said = await command(check(given), ["--attest", at.bundle, "--key", at.keys.privateFile, ...argv], {
    cwd: at.repo.path,
  });
  return { ...at, said };
}

describe("attest keygen", () => {
  test("makes a pair once, in a folder or in files, and prints no key", async () => {
    const cwd = tempFolder();
    const said = await command(keygen, [], { cwd });
    const secret = readFileSync(join(cwd, "release-sentinel.key"), "utf8");
    expect(statSync(join(cwd, "release-sentinel.key")).mode & 0o777).toBe(0o600);
    for (const form of encodings(secret.split("\n")[1] ?? "")) expect(said.stderr).not.toContain(form);
    expect(said).toMatchObject({ code: 0, stdout: "" });
    expect(said.stderr).toContain("RS_SIGNING_KEY");
    await expect(command(keygen, [], { cwd })).rejects.toMatchObject({ code: "key-unusable" });
    expect(readFileSync(join(cwd, "release-sentinel.key"), "utf8")).toBe(secret);
    const inFolder = await command(keygen, ["-o", "new/keys"], { cwd });
    expect(inFolder.code).toBe(0);
    expect(statSync(join(cwd, "new/keys")).mode & 0o777).toBe(0o700);
    const named = await command(keygen, ["--out-private", "a", "--out-public", "b", "--json"], { cwd });
    expect(JSON.parse(named.stdout)).toEqual({ keyId: expect.any(String), private: "a", public: "b" });
    const one = ["--out-private", "c", "--out-public", "c"];
    await expect(command(keygen, one, { cwd })).rejects.toMatchObject({ code: "flag-invalid" });
  });
});

describe("check --attest", () => {
  test("writes a verdict that attest verify finds genuine", async () => {
    const { repo, bundle, keys, said } = await attested();
    expect(said.stderr).toMatch(/INFO release-sentinel\.attest Verdict attested: .* \(PASSED, key /);
    const asked = ["--commit", "HEAD", "--env", "prod", "--version", "v1.4.2", "--key", keys.publicFile];
    const genuine = await command(verify, [bundle, ...asked], { cwd: repo.path });
    expect(genuine).toMatchObject({ code: 0, stdout: "" });
    expect(genuine.stderr).toMatch(
      /^Verdict genuine: PASSED v1\.4\.2 for prod \(release\) at [0-9a-f]{12}, \d+ s old, key .*=\n$/,
    );
  });

  test("says where the code is without the credentials in the remote's address", async () => {
    const { bundle, commit } = await attested();
    const statement = statementIn(readFileSync(bundle, "utf8"));
    expect(statement.predicate.resourceUri).toBe(
      `git+https://git.example.com/shop/api.git@${commit}#environment=prod`,
    );
    expect(JSON.stringify(statement)).not.toContain("hidden-word");
  });

  test("is about files and images, and looks at them before the gate is asked", async () => {
    const at = world();
    writeFileSync(join(at.repo.path, "api.tgz"), "content");
    const image = `registry.example.com/api@sha256:${"cd".repeat(32)}`;
    const artifacts = ["--artifact", "api.tgz", "--artifact", image];
    await attested(at, at.verdict, artifacts);
    const asked = ["--commit", at.commit.toUpperCase(), "--env", "prod", "--key", at.keys.publicFile];
    const { code } = await command(verify, [at.bundle, ...asked, ...artifacts], { cwd: at.repo.path });
    expect(code).toBe(0);
    writeFileSync(join(at.repo.path, "api.tgz"), "changed");
    const changed = await command(verify, [at.bundle, ...asked, ...artifacts], { cwd: at.repo.path });
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain(
      "NOT GENUINE for what was asked: artifact: the verdict says nothing about api.tgz",
    );
    await expect(attested(at, at.verdict, ["--artifact", "missing.tgz"])).rejects.toMatchObject({
      code: "evidence-unreadable",
    });
    // What is there from before must not be taken for this run's.
    expect(existsSync(at.bundle)).toBe(false);
  });

  test("removes an older verdict first, and writes none without a commit", async () => {
    const at = world();
    writeFileSync(at.bundle, "an older run's");
    const blocked: Verdict = {
      ...at.verdict,
      commit: null,
      verdict: "BLOCKED",
      exitCode: 1,
      releasable: false,
    };
    const { said } = await attested(at, blocked);
    expect(said.stderr).toContain("not attested: it is about no commit");
    expect(existsSync(at.bundle)).toBe(false);
    await expect(attested(at, { ...at.verdict, commit: null })).rejects.toMatchObject({
      code: "evidence-unreadable",
    });
  });

  test("needs a key, and a place that can be written", async () => {
    const { repo, verdict, keys } = world();
    const at = { cwd: repo.path };
    await expect(command(check(verdict), ["--attest", "v.json"], at)).rejects.toMatchObject({
      code: "key-unusable",
      message: "there is no key to sign with",
      remedy: expect.stringContaining("attest keygen"),
    });
    const nowhere = ["--attest", "nowhere/v.json", "--key", keys.privateFile];
    await expect(command(check(verdict), nowhere, at)).rejects.toMatchObject({ code: "report-unwritable" });
  });

  test("attests a blocked release as FAILED, and verify names the reasons", async () => {
    const at = world();
    const blocked: Verdict = {
      ...at.verdict,
      verdict: "BLOCKED",
      exitCode: 1,
      releasable: false,
      reasons: ["Git working tree is dirty"],
    };
    await attested(at, blocked);
    const asked = ["--commit", "HEAD", "--env", "prod", "--key", at.keys.publicFile];
    const said = await command(verify, [at.bundle, ...asked], { cwd: at.repo.path });
    expect(said.code).toBe(2);
    expect(said.stderr).toContain("result: the gate did not pass this release: Git working tree is dirty");
  });
});

describe("attest verify", () => {
  test("answers 2 with everything that does not hold, and JSON where it is asked for", async () => {
    const { repo, bundle, keys } = await attested();
    const asked = [
      "--commit",
      "HEAD",
      "--env",
      "stage",
      "--for",
      "deploy",
      "--key",
      keys.publicFile,
      "--json",
    ];
    const { code, stdout, stderr } = await command(verify, [bundle, ...asked], { cwd: repo.path });
    expect(code).toBe(2);
    expect(stderr).toContain(
      "environment: the verdict says prod, not stage; purpose: the verdict says release, not deploy",
    );
    expect(JSON.parse(stdout)).toMatchObject({
      genuine: false,
      problems: [{ what: "environment" }, { what: "purpose" }],
    });
  });

  test("accepts what is as old as is allowed", async () => {
    const at = world();
    const old = new Date(Date.now() - 3_600_000).toISOString();
    await attested(at, { ...at.verdict, startedAt: old });
    const ask = (age: readonly string[]) =>
      command(verify, [at.bundle, "--commit", "HEAD", "--env", "prod", "--key", at.keys.publicFile, ...age], {
        cwd: at.repo.path,
      });
    expect((await ask([])).code).toBe(2);
    expect((await ask(["--max-age", "2h"])).code).toBe(0);
    await expect(ask(["--max-age", "soon"])).rejects.toThrow("Use a duration");
  });

  test("takes environment and version from ENV and VERSION", async () => {
    const { repo, bundle, keys } = await attested();
    const ask = (VERSION: string) =>
      command(verify, [bundle, "--commit", "HEAD", "--key", keys.publicFile], {
        cwd: repo.path,
        env: { ENV: "prod", VERSION },
      });
    expect((await ask("v1.4.2")).code).toBe(0);
    expect((await ask("v1.4.3")).code).toBe(2);
  });

  test("is used wrongly without a key, a commit, an environment or a file", async () => {
    const { repo, bundle, keys } = await attested();
    const ask = (argv: readonly string[]): Promise<Said> => command(verify, argv, { cwd: repo.path });
    const [commit, env, key] = [
      ["--commit", "HEAD"],
      ["--env", "prod"],
      ["--key", keys.publicFile],
    ];
    await expect(ask([bundle, ...commit, ...env])).rejects.toMatchObject({
      code: "key-unusable",
      exitCode: 1,
    });
    await expect(ask([bundle, ...env, ...key])).rejects.toMatchObject({
      code: "flag-invalid",
      message: "--commit missing",
    });
    await expect(ask([bundle, ...commit, ...key])).rejects.toMatchObject({
      message: "--env (or ENV) missing",
    });
    await expect(ask([bundle, "--commit", "nothing-here", ...env, ...key])).rejects.toMatchObject({
      code: "flag-invalid",
    });
    await expect(ask(["missing.json", ...commit, ...env, ...key])).rejects.toMatchObject({
      code: "evidence-unreadable",
    });
  });
});

describe("check --from", () => {
  async function saved(percent: number) {
    const cwd = tempFolder();
    const policy = await policyOf({ checks: { "host.memory": true, "git.version": true } });
    const verdict = recorded(policy, { "host.memory": memory(percent), "git.version": null });
    writeFileSync(join(cwd, "verdict.json"), render("json", verdict, rendering));
    writeFileSync(
      join(cwd, "strict.yaml"),
      "checks: { host.memory: { warn: 5, critical: 10 }, git.version: true }\n",
    );
    const ask = (argv: readonly string[] = []) =>
      command(check(safe), ["--from", "verdict.json", "--json", ...argv], { cwd });
    return { cwd, verdict, ask };
  }

  test.each([20, 99])("gives the saved answer again, with memory at %d %%", async (percent) => {
    const { verdict, ask } = await saved(percent);
    const { code, stdout, stderr } = await ask();
    expect(code).toBe(verdict.exitCode);
    // A missing remedy is null in the report.
    const findings = verdict.findings.map((finding) => ({ remedy: null, ...finding }));
    expect(JSON.parse(stdout)).toEqual({ ...verdict, findings });
    expect(stderr).toContain(
      verdict.exitCode === 0 ? "Release validation PASSED" : "Release BLOCKED (CRITICAL)",
    );
  });

  test("is judged by another policy, of which the report says so", async () => {
    const { ask, verdict } = await saved(20);
    const { code, stdout } = await ask(["--config", "strict.yaml"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "CRITICAL",
      releasable: false,
      commit: verdict.commit,
      startedAt: verdict.startedAt,
      policySource: "strict.yaml, judging verdict.json",
      reasons: ["Memory CRITICAL: 20.0%"],
    });
  });

  test("is CRITICAL where the record does not say enough for the other policy", async () => {
    const { cwd, ask } = await saved(20);
    writeFileSync(
      join(cwd, "more.yaml"),
      "checks: { host.memory: true, host.disk: true, tcp: { address: 'a:1', severity: warn } }\n",
    );
    const { code, stdout } = await ask(["--config", "more.yaml"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).findings).toMatchObject([
      { check: "host.memory", status: "ok" },
      { check: "host.disk", status: "unknown", message: expect.stringContaining("it was not checked then") },
      { check: "tcp", status: "skipped" },
    ]);
  });

  test.each<[string, readonly string[]]>([
    ["another environment", ["--env", "stage"]],
    ["another version", ["--version", "v9.9.9"]],
    ["an attestation", ["--attest", "x"]],
    ["fewer checks", ["--only", "git.*", "--skip", "git.clean"]],
  ])("does not go with %s", async (_, argv) => {
    const { ask } = await saved(20);
    await expect(ask(argv)).rejects.toMatchObject({ code: "flag-invalid" });
  });

  test.each<[string, (verdict: Verdict) => unknown]>([
    ["is none", () => ({ hello: true })],
    ["says SAFE over a failure", (verdict) => ({ ...verdict, verdict: "SAFE", exitCode: 0, reasons: [] })],
  ])("refuses a file that %s", async (_, change) => {
    const { cwd, verdict, ask } = await saved(99);
    writeFileSync(join(cwd, "verdict.json"), JSON.stringify(change(verdict)));
    await expect(ask()).rejects.toMatchObject({ code: "evidence-unreadable", exitCode: 1 });
  });
});

describe("replay", () => {
  async function replayed(argv: readonly string[]) {
    const cwd = tempFolder();
    const shadow = { "host.memory": { warn: 5, critical: 10, mode: "shadow" as const } };
    const policy = await policyOf({ checks: { ...shadow, "git.version": true } });
    const verdict = recorded(policy, { "host.memory": memory(20), "git.version": null });
    writeFileSync(
      join(cwd, "strict.yaml"),
      "checks: { host.memory: { warn: 5, critical: 10 }, git.version: true }\n",
    );
    writeFileSync(join(cwd, "tried.yaml"), "checks: { git.clean: { mode: shadow }, git.version: true }\n");
    const definition = replayDefinition(async () => replayCommand(() => ledger(verdict)));
    return command(definition, argv, { cwd });
  }

  test("prints what another policy would have changed, and always answers 0", async () => {
    const { code, stdout } = await replayed(["--config", "strict.yaml"]);
    expect(code).toBe(0);
    expect(stdout).toContain("0 the same, 1 passed and would be stopped");
    expect(JSON.parse((await replayed(["--config", "strict.yaml", "--json"])).stdout)).toMatchObject({
      kind: "policy",
      runs: { total: 1, wouldStop: 1 },
      policies: { prod: { source: "strict.yaml", digest: expect.stringMatching(/^sha256:/) } },
    });
    expect((await replayed(["--config", "strict.yaml", "--format", "markdown"])).stdout).toMatch(
      /^## `Recorded runs/,
    );
  });

  test("prints what the checks in shadow mode would have stopped, those of the policy among them", async () => {
    const { stdout } = await replayed(["--shadow", "--config", "tried.yaml"]);
    expect(stdout).toContain("Checks in shadow mode");
    expect(stdout).toMatch(/^host\.memory +1 +1 /m);
  });

  test("looks back as far as it is told", async () => {
    expect((await replayed(["--config", "strict.yaml", "--since", "2026-10-02"])).stdout).toContain(
      "no run is recorded",
    );
    expect((await replayed(["--config", "strict.yaml", "--since", "2000w"])).stdout).toContain("1 run from");
    await expect(replayed(["--since", "yesterday"])).rejects.toMatchObject({ code: "flag-invalid" });
    await expect(replayed(["--format", "sarif"])).rejects.toThrow("text, markdown, json");
  });
});
