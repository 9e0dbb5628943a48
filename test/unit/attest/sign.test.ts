import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFromJSON, bundleToJSON } from "@sigstore/bundle";
import { DSSEBundleBuilder } from "@sigstore/sign";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import { describe, expect, test } from "vitest";
import { attestVerdict } from "../../../src/attest/sign.ts";
import { extensionKey } from "../../../src/attest/statement.ts";
import { tempFolder } from "../../support/temp.ts";
import { withProgram } from "../gate/report/tools.ts";
import { blocked, finding, safe, verdict } from "../gate/report/verdicts.ts";
import { type Anything, attested, bundleOf, keyFiles, signingKey, statementIn } from "./signing.ts";

const schema = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/schemas/${name}`, import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: false, allErrors: true });
formatsModule.default(ajv);
const validStatement = ajv.compile(schema("in-toto-statement-v1.json"));
const validPredicate = ajv.compile(schema("slsa-verification-summary-v1.json"));

const sha256 = "ab".repeat(32);
const key = () => signingKey(keyFiles(tempFolder()).privateFile);
const predicateOf = async (change: object): Promise<Anything> =>
  statementIn(await bundleOf(key(), change)).predicate;

describe("a signed verdict", () => {
  test.each([
    ["SAFE", safe],
    ["BLOCKED", blocked],
    ["of a repository with SHA-256 object names", { ...safe, commit: "c0ffee".repeat(10).padEnd(64, "0") }],
    ["of an environment with a strange name", { ...safe, environment: "prod eu/1 ü" }],
  ])("that is %s is an in-toto statement with a verification summary", async (_, given) => {
    const statement = statementIn(
      await bundleOf(key(), { verdict: given, artifacts: [{ name: "api.tgz", sha256 }] }),
    );
    expect(validStatement(statement) ? [] : validStatement.errors).toEqual([]);
    expect(validPredicate(statement.predicate) ? [] : validPredicate.errors).toEqual([]);
    expect(statement.subject).toMatchObject([
      { digest: { gitCommit: given.commit } },
      { name: "api.tgz", digest: { sha256 } },
    ]);
  });

  test("says what was asked, by which policy, and when", async () => {
    expect(await predicateOf({ ledgerHead: `sha256:${sha256}`, run: "https://ci.example.com/7" })).toEqual({
      verifier: { id: "urn:release-sentinel:gate", version: { "release-sentinel": "0.1.0" } },
      timeVerified: safe.startedAt,
      resourceUri: `git+https://git.example.com/shop/api.git@${safe.commit}#environment=prod`,
      policy: {
        uri: "urn:release-sentinel:policy:release-sentinel.yaml%20at%20main",
        digest: { sha256: safe.policyDigest.slice("sha256:".length) },
      },
      verificationResult: "PASSED",
      verifiedLevels: ["RELEASE_SENTINEL_GATE_RELEASE", "RELEASE_SENTINEL_ENVIRONMENT_prod"],
      [extensionKey]: {
        environment: "prod",
        version: "v1.4.2",
        purpose: "release",
        verdict: "SAFE",
        releasable: true,
        reasons: [],
        policySource: "release-sentinel.yaml at main",
        run: "https://ci.example.com/7",
        ledgerHead: `sha256:${sha256}`,
      },
    });
  });

  test.each([
    ["is blocked", blocked],
    ["is safe with warnings, or of another time, or partial", { ...safe, releasable: false }],
    [
      "has seen nothing but checks in shadow mode",
      verdict("SAFE", [
        finding({ check: "a", status: "notice", message: "no", shadow: { status: "fail" } }),
        finding({ check: "b", status: "skipped", message: "not asked", attempts: 0 }),
      ]),
    ],
  ])("is FAILED when it %s", async (_, given) => {
    expect(await predicateOf({ verdict: given })).toMatchObject({
      verificationResult: "FAILED",
      verifiedLevels: ["FAILED"],
    });
  });

  test.each([
    ["git@git.example.com:shop/api.git", "git+ssh://git.example.com/shop/api.git@"],
    ["ssh://git@git.example.com:2222/shop/api.git", "git+ssh://git.example.com:2222/shop/api.git@"],
    [
      `https://${["someone", "hidden"].join(":")}@git.example.com/shop/api`,
      "git+https://git.example.com/shop/api@",
    ],
    ["https://git.example.com/shop/api?x=hidden#hidden", "git+https://git.example.com/shop/api@"],
    ["/srv/hidden/api.git", "gitoid:commit:sha1:"],
    ["file:///srv/hidden/api.git", "gitoid:commit:sha1:"],
    ["C:\\hidden\\api", "gitoid:commit:sha1:"],
    ["ext::hidden", "gitoid:commit:sha1:"],
    [null, "gitoid:commit:sha1:"],
  ])("calls a repository at %s by a name without credentials or local paths", async (repository, begins) => {
    const { resourceUri } = await predicateOf({ repository });
    expect(resourceUri.startsWith(begins + safe.commit), resourceUri).toBe(true);
    expect(resourceUri).not.toMatch(/hidden|someone/);
  });

  test("is about a commit, and refused without one", async () => {
    const signer = { sign: () => Promise.reject(new Error("not reached")) };
    for (const commit of [null, "abc123"]) {
      await expect(
        attestVerdict({ ...attested, verdict: { ...safe, commit } }, signer),
      ).rejects.toMatchObject({
        code: "evidence-unreadable",
        remedy: expect.stringContaining("inside the repository"),
      });
    }
  });

  test("is byte for byte what the Sigstore library makes of the same statement and key", async () => {
    const ours = key();
    const bundle = JSON.parse(await bundleOf(ours));
    const data = Buffer.from(bundle.dsseEnvelope.payload, "base64");
    const builder = new DSSEBundleBuilder({
      signer: {
        sign: async (bytes) => ({
          signature: ours.sign(bytes),
          key: { $case: "publicKey" as const, publicKey: "", hint: ours.keyId },
        }),
      },
      witnesses: [],
    });
    const theirs: Anything = bundleToJSON(
      await builder.create({ data, type: "application/vnd.in-toto+json" }),
    );
    expect(bundle.mediaType).toBe(theirs.mediaType);
    expect(bundle.verificationMaterial.publicKey).toEqual(theirs.verificationMaterial.publicKey);
    // Theirs names the hint as the signature's key id, which verifiers in other languages do not know.
    expect({ ...bundle.dsseEnvelope, signatures: null }).toEqual({
      ...theirs.dsseEnvelope,
      signatures: null,
    });
    expect(bundle.dsseEnvelope.signatures).toEqual([{ sig: theirs.dsseEnvelope.signatures[0].sig }]);
  });

  test.each(["ed25519", "P-256", "RSA"] as const)(
    "signed with %s is accepted by the Sigstore library",
    async (sort) => {
      const ours = signingKey(keyFiles(tempFolder(), sort).privateFile);
      const found = bundleFromJSON(JSON.parse(await bundleOf(ours)));
      const trust = {
        certificateAuthorities: [],
        timestampAuthorities: [],
        tlogs: [],
        ctlogs: [],
        publicKey: (hint: string) => {
          expect(hint).toBe(ours.keyId);
          return { publicKey: ours.publicKey, validFor: () => true };
        },
      };
      const none = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
      expect(() => new Verifier(trust, none).verify(toSignedEntity(found))).not.toThrow();
    },
  );

  withProgram("openssl", () => {
    test.each(["ed25519", "P-256", "RSA"] as const)("signed with %s is accepted by openssl", async (sort) => {
      const folder = tempFolder();
      const { privateFile, publicFile } = keyFiles(folder, sort);
      const { payload, payloadType, signatures } = JSON.parse(
        await bundleOf(signingKey(privateFile)),
      ).dsseEnvelope;
      const body = Buffer.from(payload, "base64");
      // DSSE's pre-authentication encoding by its own text: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
      const signed = Buffer.concat([
        Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `),
        body,
      ]);
      const [message, signature] = [join(folder, "pae"), join(folder, "sig")];
      writeFileSync(message, signed);
      writeFileSync(signature, Buffer.from(signatures[0].sig, "base64"));
      const raw = sort === "ed25519" ? ["-rawin"] : ["-rawin", "-digest", "sha256"];
      const args = ["pkeyutl", "-verify", "-pubin", "-inkey", publicFile, "-sigfile", signature, ...raw];
      expect(execFileSync("openssl", [...args, "-in", message]).toString()).toContain(
        "Verified Successfully",
      );
      writeFileSync(message, Buffer.concat([signed, Buffer.from(" ")]));
      expect(() => execFileSync("openssl", [...args, "-in", message], { stdio: "pipe" })).toThrow();
    });

    test("names its key as openssl counts it", () => {
      const { privateFile, publicFile } = keyFiles(tempFolder());
      const der = execFileSync("openssl", ["pkey", "-pubin", "-in", publicFile, "-outform", "DER"]);
      expect(signingKey(privateFile).keyId).toBe(createHash("sha256").update(der).digest("base64"));
    });
  });
});
