import { generateKeyPairSync } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { prepareAttestation } from "../../../src/app/attest.ts";
import { openLedger, verdictEvent } from "../../../src/app/ledger.ts";
import { run as exportRun } from "../../../src/cli/commands/ledger-export.ts";
import { run as showRun } from "../../../src/cli/commands/ledger-show.ts";
import { run as verifyRun } from "../../../src/cli/commands/ledger-verify.ts";
import { createContext } from "../../../src/cli/context.ts";
import { ledgerWorld } from "../../../src/cli/ledger-world.ts";
import type { Verdict } from "../../../src/core/verdict.ts";
import { event, never } from "../../support/ledger.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

const common = { logFormat: "text", color: false, report: [] } as const;

function machine(cwd: string, extra: Readonly<Record<string, string>> = {}) {
  const streams = { stdout: "", stderr: "" };
  const into = (name: keyof typeof streams) =>
    new Writable({
      write(chunk, _, done) {
        streams[name] += chunk;
        done();
      },
    });
  const context = createContext({
    terminal: { stdout: into("stdout"), stderr: into("stderr") },
    env: { ...gitEnv, ...extra },
    cwd,
    toolVersion: "0.1.0",
    signal: never,
    options: common,
  });
  return { context, streams };
}

async function told(cwd: string, extra: Readonly<Record<string, string>> = {}) {
  const { context } = machine(cwd, extra);
  const ledger = openLedger(ledgerWorld(context));
  const verdict = (word: string) => ({
    verdict: { verdict: word, releasable: true, findings: [], reasons: [] },
  });
  await ledger?.record(
    event({ kind: "verdict", command: "check", version: "v1.0.0", data: verdict("SAFE") }),
  );
  await ledger?.record(
    event({
      kind: "verdict",
      command: "check",
      version: "v1.1.0",
      environment: "stage",
      data: verdict("BLOCKED"),
    }),
  );
  const last = await ledger?.record(
    event({ kind: "release", command: "release", version: "v1.0.0", data: { outcome: "done" } }),
  );
  await context.sentinel.close();
  return { anchor: last?.anchor ?? "" };
}

function keys() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const file = join(tempFolder(), "ledger.pub");
  writeFileSync(file, publicKey.export({ type: "spki", format: "pem" }));
  return { pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), file };
}

function verdictOf(about: Partial<Verdict>): Verdict {
  return {
    schema: "release-sentinel/verdict/v1",
    verdict: "SAFE",
    exitCode: 0,
    releasable: true,
    for: "release",
    environment: "prod",
    version: "v1.0.0",
    commit: null,
    branch: "main",
    policyDigest: `sha256:${"a".repeat(64)}`,
    policySource: "release-sentinel.yaml",
    leftOut: [],
    startedAt: "2026-11-21T10:00:00.000Z",
    durationMs: 1,
    findings: [
      {
        check: "git.clean",
        kind: "policy",
        status: "ok",
        message: "Git working tree is clean",
        durationMs: 1,
        attempts: 1,
        observation: null,
      },
    ],
    reasons: [],
    ...about,
  };
}

const verifying = { ...common, key: [], anchor: [] };

describe("ledger show", () => {
  it("is a table of what happened, oldest first", async () => {
    const { path } = repository();
    await told(path);
    const { context, streams } = machine(path);
    expect(await showRun(context, common)).toBe(0);
    const rows = streams.stdout.trim().split("\n");
    expect(rows).toHaveLength(4);
    expect(rows[1]).toMatch(
      /^1\s+\S+Z\s+verdict\s+prod\s+v1.0.0\s+SAFE\s+Test Author <author@example.com> \(git\)$/,
    );
    expect(rows[3]).toMatch(/release\s+prod\s+v1.0.0\s+done/);
  });

  it.each([
    [{ env: "stage" }, [2]],
    [{ version: "v1.0.0" }, [1, 3]],
    [{ kind: "release" }, [3]],
    [{ verdict: "BLOCKED" }, [2]],
    [{ actor: "author@example.com" }, [1, 2, 3]],
    [{ actor: "Test Author" }, [1, 2, 3]],
    [{ actor: "somebody" }, []],
    [{ last: 2 }, [2, 3]],
    [{ version: "v1.0.0", last: 1 }, [3]],
    [{ since: "1h" }, [1, 2, 3]],
    [{ until: "2001-01-01" }, []],
    [{ since: "2001-01-01", until: "2999-01-01" }, [1, 2, 3]],
  ])("with %j answers the entries %j", async (asked, seqs) => {
    const { path } = repository();
    await told(path);
    const { context, streams } = machine(path);
    expect(await showRun(context, { ...common, ...asked, json: true })).toBe(0);
    const { entries } = JSON.parse(streams.stdout);
    expect(entries.map(({ seq }: { seq: number }) => seq)).toEqual(seqs);
  });

  it("shows an entry of a later version as such", async () => {
    const { path } = repository();
    await told(path);
    const file = join(path, ".release-sentinel", "ledger.jsonl");
    const { makeLine, readLine, headOf } = await import("../../../src/clients/ledger/line.ts");
    const last = readLine(Buffer.from(readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? ""));
    if (last === undefined || last === "damaged") return expect.unreachable();
    const time = new Date().toISOString();
    const body = '"entry":{"kind":["many"],"schema":"release-sentinel/ledger/v2"}';
    writeFileSync(file, makeLine(body, headOf(last), time, () => "").line, { flag: "a" });
    const { context, streams } = machine(path);
    expect(await showRun(context, common)).toBe(0);
    expect(streams.stdout).toContain("(newer)");
    expect(await verifyRun(machine(path).context, verifying)).toBe(0);
  });

  it("refuses a time that is none", async () => {
    const { context } = machine(repository().path);
    await expect(showRun(context, { ...common, since: "soon" })).rejects.toThrow(
      "neither a duration nor a date",
    );
  });
});

describe("ledger verify", () => {
  it("is 0 for a genuine ledger, and says by what it is known", async () => {
    const { path } = repository();
    const { pem, file } = keys();
    const { anchor } = await told(path, { RS_SIGNING_KEY: pem });
    const { context, streams } = machine(path);
    expect(await verifyRun(context, { ...verifying, key: [file], anchor: [anchor] })).toBe(0);
    expect(streams.stderr).toMatch(/^Ledger genuine: 6 entries/);
    expect(streams.stderr).toContain("signed up to 6 by key");
    expect(streams.stderr).toContain("entry 6 is remembered by --anchor");
  });

  it("is 2 for an edited one, and names the entry", async () => {
    const { path } = repository();
    await told(path);
    const file = join(path, ".release-sentinel", "ledger.jsonl");
    writeFileSync(file, readFileSync(file, "utf8").replace("BLOCKED", "SAFE"));
    const { context, streams } = machine(path);
    expect(await verifyRun(context, { ...verifying, json: true })).toBe(2);
    expect(JSON.parse(streams.stdout)).toMatchObject({
      genuine: false,
      problems: [{ kind: "edited", seq: 2 }],
    });
    expect(streams.stderr).toContain("entry 2 was edited");
  });

  it("finds a tail that was cut off by what the release's tag remembers", async () => {
    const repo = repository();
    const { anchor } = await told(repo.path);
    repo.git("tag", "-a", "v1.0.0", "-m", `Release v1.0.0\n\nLedger-Head: ${anchor}`);
    expect(await verifyRun(machine(repo.path).context, verifying)).toBe(0);
    const file = join(repo.path, ".release-sentinel", "ledger.jsonl");
    const [first = ""] = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${first}\n`);
    const { context, streams } = machine(repo.path);
    expect(await verifyRun(context, verifying)).toBe(2);
    expect(streams.stderr).toContain("tag v1.0.0 remembers entry 3, and the ledger ends with entry 1");
  });

  it("is not 0 where there is nothing to verify", async () => {
    const { path } = repository();
    await expect(verifyRun(machine(path).context, verifying)).rejects.toMatchObject({
      code: "ledger-unreadable",
    });
    await expect(verifyRun(machine(path, { RS_LEDGER: "off" }).context, verifying)).rejects.toThrow(
      "no ledger here",
    );
  });
});

describe("ledger export", () => {
  it("makes a bundle that another machine verifies with the public key alone", async () => {
    const { path } = repository();
    const { pem, file: key } = keys();
    await told(path, { RS_SIGNING_KEY: pem });
    const folder = tempFolder();
    writeFileSync(join(folder, "sbom.json"), "{}");
    const output = join(folder, "PRODUCTION_GO_EVIDENCE.md");
    const options = {
      ...common,
      version: "v1.0.0",
      output,
      attach: [join(folder, "sbom.json")],
      attestation: [],
    };
    expect(await exportRun(machine(path, { RS_SIGNING_KEY: pem }).context, options)).toBe(0);
    rmSync(path, { recursive: true });
    const auditor = machine(tempFolder());
    expect(await verifyRun(auditor.context, { ...verifying, bundle: output, key: [key] })).toBe(0);
    expect(auditor.streams.stderr).toMatch(/^Evidence genuine: 2 entries about v1.0.0/);
    expect(auditor.streams.stderr).toContain("sbom.json: it is here, and its hash is right");
    writeFileSync(join(folder, "sbom.json"), "{ }");
    expect(await verifyRun(machine(folder).context, { ...verifying, bundle: output, key: [key] })).toBe(2);
  });

  it("encloses a signed verdict, which is verified with the rest", async () => {
    const { path } = repository();
    const { pem, file: key } = keys();
    const folder = tempFolder();
    const { context } = machine(path, { RS_SIGNING_KEY: pem });
    const { sentinel } = context;
    const commit = "1".repeat(40);
    const attestation = join(folder, "verdict.sigstore.json");
    const attest = await prepareAttestation(
      { clients: sentinel.clients, secrets: sentinel.secrets, cwd: path, signal: never },
      { artifacts: [], toolVersion: "0.1.0" },
    );
    const verdict = verdictOf({ commit });
    writeFileSync(attestation, (await attest(verdict, null)).text);
    const ledger = openLedger(ledgerWorld(context));
    await ledger?.record(verdictEvent(verdict, "check"));
    await sentinel.close();
    const output = join(folder, "evidence.md");
    const options = { ...common, version: "v1.0.0", output, attach: [], attestation: [attestation] };
    await exportRun(machine(path, { RS_SIGNING_KEY: pem }).context, options);
    const auditor = machine(folder);
    expect(await verifyRun(auditor.context, { ...verifying, bundle: output, key: [key] })).toBe(0);
    expect(auditor.streams.stderr).toContain("Attestation verdict.sigstore.json: genuine, key ");
    writeFileSync(
      attestation,
      (await attest(verdictOf({ commit, releasable: false, findings: [] }), null)).text,
    );
    await exportRun(machine(path, { RS_SIGNING_KEY: pem }).context, options);
    const failed = machine(folder);
    expect(await verifyRun(failed.context, { ...verifying, bundle: output, key: [key] })).toBe(0);
    expect(failed.streams.stderr).toContain("it says that the gate did not pass");
    writeFileSync(attestation, (await attest(verdictOf({ commit: "2".repeat(40) }), null)).text);
    await exportRun(machine(path, { RS_SIGNING_KEY: pem }).context, options);
    const other = machine(folder);
    expect(await verifyRun(other.context, { ...verifying, bundle: output, key: [key] })).toBe(2);
    expect(other.streams.stderr).toContain(
      "the attestation verdict.sigstore.json is not genuine for this release",
    );
  });

  it("wants a key or a hash before it calls a bundle genuine", async () => {
    const { context } = machine(tempFolder());
    await expect(verifyRun(context, { ...verifying, bundle: "x.md" })).rejects.toMatchObject({
      code: "flag-invalid",
    });
  });

  it("says when the ledger knows nothing about the version", async () => {
    const { path } = repository();
    await told(path);
    const options = { ...common, version: "v7.7.7", attach: [], attestation: [] };
    await expect(exportRun(machine(path).context, options)).rejects.toThrow(
      "the ledger has no entry about v7.7.7",
    );
    await expect(
      exportRun(machine(path).context, { ...common, attach: [], attestation: [] }),
    ).rejects.toThrow("--version");
  });
});
