import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import canonicalize from "canonicalize";
import { describe, expect, it } from "vitest";
import { statementOf } from "../../../src/ledger/checkpoint.ts";
import { event, fileStore, linesOf, never, writer } from "../../support/ledger.ts";
import { tempFolder } from "../../support/temp.ts";
import { pair } from "./keys.ts";

const script = join(import.meta.dirname, "..", "..", "independent", "verify-chain.sh");

async function aLedger() {
  const store = fileStore();
  const key = pair();
  const ledger = writer(store, { signer: key.signer });
  for (const n of [1, 2, 3])
    await ledger.record(event({ data: { n, text: 'a "quote", \\ and ",\\"link\\":{" žluť' } }), never);
  return { store, key };
}

describe("a ledger, by means that share no code with us", () => {
  it("is recomputed by sed and sha256sum, to the same head", async () => {
    const { store } = await aLedger();
    const said = execFileSync("sh", [script, store.where]).toString();
    expect(said).toBe(`6 lines, head ${(await store.head(never))?.sha256}\n`);
  });

  it("is seen to be edited by them too", async () => {
    const { store } = await aLedger();
    writeFileSync(store.where, readFileSync(store.where, "utf8").replace('"n":2', '"n":7'));
    const { status, stdout } = spawnSync("sh", [script, store.where]);
    expect([status, stdout.toString()]).toEqual([1, "line 3: the link does not hold\n"]);
  });

  it("has checkpoints whose signatures openssl verifies", async () => {
    const { store, key } = await aLedger();
    const { checkpoint } = JSON.parse((await linesOf(store)).at(-1) ?? "");
    const { signature, ...said } = checkpoint;
    const folder = tempFolder();
    // Canonical JSON of what it says without the signature, by a library that we do not use for it.
    writeFileSync(join(folder, "said"), canonicalize(said) ?? "");
    writeFileSync(join(folder, "signature"), Buffer.from(signature, "base64"));
    writeFileSync(join(folder, "key"), key.publicPem);
    const args = "pkeyutl -verify -pubin -inkey key -rawin -in said -sigfile signature".split(" ");
    expect(execFileSync("openssl", args, { cwd: folder }).toString()).toContain("Verified Successfully");
    expect(statementOf(checkpoint).toString()).toBe(canonicalize(said));
  });

  it("is canonical JSON, line by line, as the published schema describes it", async () => {
    const { store } = await aLedger();
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    formatsModule.default(ajv);
    const schema = join(import.meta.dirname, "..", "..", "..", "schema", "ledger-entry.schema.json");
    const validate = ajv.compile(JSON.parse(readFileSync(schema, "utf8")));
    for (const line of await linesOf(store)) {
      expect(canonicalize(JSON.parse(line))).toBe(line.trimEnd());
      expect(validate(JSON.parse(line)), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(validate({ entry: {}, link: {}, sha256: "" })).toBe(false);
  });
});
