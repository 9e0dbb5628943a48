import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { cli, type Ran } from "../support/cli.ts";
import { repository } from "../support/repository.ts";
import { tempFolder } from "../support/temp.ts";

/** Not before the command line has them. */
const wired =
  commands.some(({ name }) => name === "attest verify") && hasOption("--attest") && hasOption("--from");

function hasOption(long: string): boolean {
  return commands[0]?.options().some((option) => option.long === long) ?? false;
}

const policy = "checks: { git.clean: true, git.version: true, env.allowed: true }\n";

/** A repository with a policy, and a pair of keys outside of it. */
async function project() {
  const repo = repository({ origin: true });
  const commit = repo.commit("feat: policy", { "release-sentinel.yaml": policy });
  const folder = tempFolder();
  const made = await run(repo.path, ["attest", "keygen", "-o", folder]);
  expect(made.code, made.all).toBe(0);
  const [secret, open] = [join(folder, "release-sentinel.key"), join(folder, "release-sentinel.pub")];
  return {
    repo,
    commit,
    folder,
    secret,
    open,
    bundle: join(folder, "v.json"),
    env: { RS_SIGNING_KEY_FILE: secret },
  };
}

function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return cli(args, { cwd, env });
}

describe.runIf(wired)("a signed verdict, from the gate to the one who deploys", () => {
  it("is genuine elsewhere, without a repository, and no output holds the key", async () => {
    const { repo, commit, bundle, secret, open, env } = await project();
    writeFileSync(join(tempFolder(), "api.tgz"), "content");
    const gate = ["check", "--env", "prod", "--version", "v1.0.0", "--attest", bundle];
    const signed = await run(repo.path, gate, env);
    expect(signed.code, signed.all).toBe(0);
    const asked = [
      "--env",
      "prod",
      "--version",
      "v1.0.0",
      "--for",
      "release",
      "--max-age",
      "5m",
      "--key",
      open,
    ];
    const verified = await run(tempFolder(), ["attest", "verify", bundle, "--commit", commit, ...asked]);
    expect(verified.code, verified.all).toBe(0);
    expect(verified.stderr).toContain(
      `Verdict genuine: PASSED v1.0.0 for prod (release) at ${commit.slice(0, 12)}`,
    );
    const key = readFileSync(secret, "utf8").split("\n")[1] ?? "";
    for (const output of [signed.all, verified.all, readFileSync(bundle, "utf8")])
      expect(output).not.toContain(key);
    // The work tree is as clean as it was.
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: repo.path }).toString()).toBe("");
  });

  it("is not genuine for the next commit, another environment, another key, or after an edit", async () => {
    const { repo, commit, bundle, open, env } = await project();
    await run(repo.path, ["check", "--env", "prod", "--version", "v1.0.0", "--attest", bundle], env);
    const next = repo.commit("feat: more");
    const ask = (argv: readonly string[]) => run(repo.path, ["attest", "verify", bundle, ...argv]);
    const other = tempFolder();
    await run(repo.path, ["attest", "keygen", "-o", other]);
    for (const [argv, says] of [
      [["--commit", next, "--env", "prod", "--key", open], "commit: the verdict is about"],
      [["--commit", commit, "--env", "stage", "--key", open], "environment: "],
      [
        ["--commit", commit, "--env", "prod", "--key", join(other, "release-sentinel.pub")],
        "signature: made with key",
      ],
    ] as const) {
      const said = await ask(argv);
      expect(said.code, said.all).toBe(2);
      expect(said.stderr).toContain(says);
    }
    writeFileSync(bundle, readFileSync(bundle, "utf8").replace(/"payload":"..../, '"payload":"AAAA'));
    expect((await ask(["--commit", commit, "--env", "prod", "--key", open])).code).toBe(2);
  });

  it("of a blocked release is FAILED, and the exit code stays the gate's", async () => {
    const { repo, bundle, open, env } = await project();
    repo.write("left-behind.txt", "x");
    const blocked = await run(
      repo.path,
      ["check", "--env", "prod", "--version", "v1.0.0", "--attest", bundle],
      env,
    );
    expect(blocked.code, blocked.all).toBe(1);
    const said = await run(repo.path, [
      "attest",
      "verify",
      bundle,
      "--commit",
      "HEAD",
      "--env",
      "prod",
      "--key",
      open,
    ]);
    expect(said.code).toBe(2);
    expect(said.stderr).toContain("result: the gate did not pass this release: Git working tree is dirty");
  });

  it("needs a key before the gate is asked", async () => {
    const { repo, bundle } = await project();
    const said = await run(repo.path, ["check", "--env", "prod", "--version", "v1.0.0", "--attest", bundle]);
    expect(said.code).toBe(1);
    expect(said.all).toContain("there is no key to sign with");
    expect(said.all).not.toContain("Starting release validation");
  });
});

describe.runIf(wired)("a saved verdict", () => {
  it.each([
    ["SAFE", "v1.0.0", 0],
    ["BLOCKED", "1.0.0", 1],
  ] as const)(
    "that is %s is reproduced with its exit code, outside of any repository",
    async (word, version, code) => {
      const { repo, folder } = await project();
      const saved = join(folder, "verdict.json");
      const gate = await run(repo.path, [
        "check",
        "--env",
        "prod",
        "--version",
        version,
        "--report",
        `json=${saved}`,
      ]);
      const again = await run(tempFolder(), ["check", "--from", saved, "--json"]);
      expect([gate.code, again.code], again.all).toEqual([code, code]);
      expect(JSON.parse(again.stdout)).toEqual(JSON.parse(readFileSync(saved, "utf8")));
      expect(again.stdout).toContain(`"verdict": "${word}"`);
    },
  );
});
