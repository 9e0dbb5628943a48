import { describe, expect, test } from "vitest";
import { keySigner, signedBundle } from "../../../src/attest/bundle.ts";
import type { Expectation } from "../../../src/attest/rules.ts";
import { sayProblems } from "../../../src/attest/say.ts";
import { extensionKey } from "../../../src/attest/statement.ts";
import { keyTrust, type TrustedKey } from "../../../src/attest/trust.ts";
import { requireVerdict, verifyVerdict } from "../../../src/attest/verify.ts";
import { createEnv } from "../../../src/clients/env.ts";
import { readSigningKey, type SigningKey } from "../../../src/clients/keys.ts";
import { SentinelError } from "../../../src/core/errors.ts";
import { Secrets } from "../../../src/core/mask.ts";
import fc from "../../support/property.ts";
import { blocked, safe } from "../gate/report/verdicts.ts";
import { type Anything, bundleOf, keyPair, type Sort, statementIn } from "./signing.ts";

const sha256 = "ab".repeat(32);
const given = Date.parse(safe.startedAt);
const minute = 60_000;
const wanted: Expectation = { commit: safe.commit ?? "", environment: "prod", maxAgeMs: 30 * minute };

function newKey(sort: Sort = "ed25519"): SigningKey {
  const secrets = new Secrets();
  const pem = keyPair(sort).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const key = readSigningKey({ cwd: "/", env: createEnv({ RS_SIGNING_KEY: pem }, secrets), secrets });
  if (!key) throw new Error("there is a key");
  return key;
}

const ours = newKey();
const good = await bundleOf(ours, {
  artifacts: [{ name: "api.tgz", sha256 }],
  ledgerHead: `sha256:${sha256}`,
});

interface Asked {
  readonly bundle?: string;
  readonly expected?: Partial<Expectation>;
  readonly keys?: readonly TrustedKey[];
  readonly now?: number;
}

/** What does not hold: the subjects in order, and all that is said. */
function refusal({ bundle = good, expected = {}, keys = [ours], now = given + minute }: Asked) {
  const found = verifyVerdict(bundle, { ...wanted, ...expected }, keyTrust(keys), now);
  const problems = found.genuine ? [] : found.problems;
  return { what: problems.map(({ what }) => what), said: sayProblems(problems) };
}

/** A bundle in which something is changed after it was signed. */
function tampered(change: (bundle: Anything) => void): string {
  const bundle = JSON.parse(good);
  change(bundle);
  return JSON.stringify(bundle);
}

/** A statement of somebody else's making, signed with our key. */
async function signed(change: (statement: Anything) => void, key = ours): Promise<string> {
  const statement = statementIn(good);
  change(statement);
  return signedBundle(Buffer.from(JSON.stringify(statement)), keySigner(key));
}

describe("a signed verdict of which everything holds", () => {
  test("is genuine, and says what it is about", () => {
    const expected = { ...wanted, version: "v1.4.2", purpose: "release" as const };
    const artifacts = [{ name: "elsewhere/api.tgz", sha256 }];
    expect(verifyVerdict(good, { ...expected, artifacts }, keyTrust([ours]), given + minute)).toEqual({
      genuine: true,
      verdict: {
        commit: safe.commit,
        environment: "prod",
        version: "v1.4.2",
        purpose: "release",
        timeVerified: safe.startedAt,
        ageMs: minute,
        policyDigest: safe.policyDigest,
        resourceUri: `git+https://git.example.com/shop/api.git@${safe.commit}#environment=prod`,
        signer: `key ${ours.keyId}`,
        run: null,
        ledgerHead: `sha256:${sha256}`,
      },
    });
  });

  test.each(["ed25519", "P-256", "RSA"] as const)("may be signed with %s", async (sort) => {
    const key = newKey(sort);
    const bundle = await bundleOf(key);
    expect(refusal({ bundle, keys: [key] }).what).toEqual([]);
    expect(refusal({ bundle, keys: [newKey(sort)] }).what).toEqual(["signature"]);
  });

  test("is accepted from any of several keys, whatever the hint says", () => {
    expect(refusal({ keys: [newKey(), newKey("P-256"), ours] }).what).toEqual([]);
    const bundle = tampered((b) => {
      b.verificationMaterial.publicKey.hint = "another";
    });
    expect(refusal({ bundle }).what).toEqual([]);
  });

  test.each([
    ["by the limit exactly", wanted.maxAgeMs],
    ["by the skew of clocks, from the future", -minute],
  ])("is fresh when it is old %s", (_, age) => {
    expect(refusal({ now: given + age }).what).toEqual([]);
  });

  test("is what a demand for one answers", () => {
    expect(requireVerdict(good, wanted, keyTrust([ours]), given)).toMatchObject({ environment: "prod" });
  });
});

describe("a verdict that was tampered with", () => {
  test("is refused for any changed byte of what was signed", () => {
    const payload = Buffer.from(JSON.parse(good).dsseEnvelope.payload, "base64");
    for (let i = 0; i < payload.length; i += 7) {
      const changed = Buffer.from(payload);
      changed[i] = (changed[i] ?? 0) ^ 1;
      const bundle = tampered((b) => {
        b.dsseEnvelope.payload = changed.toString("base64");
      });
      expect(refusal({ bundle }).what.length, `byte ${i}`).toBeGreaterThan(0);
    }
  });

  test("verifies after no damage to its text that changes what it says (property)", () => {
    const said = JSON.parse(good).dsseEnvelope;
    const damage = fc.record({
      at: fc.nat(good.length - 1),
      remove: fc.nat(3),
      insert: fc.string({ maxLength: 3, unit: fc.constantFrom(...'AZaz09+/="\\{}[]:, ') }),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (all) => {
        const bundle = all.reduce(
          (text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove),
          good,
        );
        if (refusal({ bundle }).what.length > 0) return;
        const { payload, payloadType } = JSON.parse(bundle).dsseEnvelope;
        const bytes = (base64: string) => Buffer.from(base64, "base64");
        expect(bytes(payload).equals(bytes(said.payload)) && payloadType === said.payloadType).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("is refused when the statement is another one", () => {
    const bundle = tampered((b) => {
      const statement = { ...statementIn(good), added: true };
      b.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString("base64");
    });
    const { what, said } = refusal({ bundle });
    expect(what).toEqual(["signature"]);
    expect(said).toContain("it was altered");
  });

  test("is refused when the payload's type is another one, which is signed too", () => {
    const bundle = tampered((b) => {
      b.dsseEnvelope.payloadType = "text/plain";
    });
    expect(refusal({ bundle }).what).toEqual(["signature", "payload type"]);
  });

  test("is refused with the signature of another verdict", async () => {
    const other = JSON.parse(await bundleOf(ours, { run: "https://ci.example.com/8" }));
    const bundle = tampered((b) => {
      b.dsseEnvelope.signatures = other.dsseEnvelope.signatures;
    });
    expect(refusal({ bundle }).what).toEqual(["signature"]);
  });

  test.each<[string, (bundle: Anything) => void]>([
    ["no signature", (b) => (b.dsseEnvelope.signatures = [])],
    ["an empty signature", (b) => (b.dsseEnvelope.signatures = [{ sig: "" }])],
    ["two signatures, of which one is good", (b) => b.dsseEnvelope.signatures.push({ sig: "AAAA" })],
    ["no envelope", (b) => delete b.dsseEnvelope],
    ["no material", (b) => delete b.verificationMaterial],
    ["another media type", (b) => (b.mediaType = "application/vnd.dev.sigstore.bundle.v0.9+json")],
    ["an older media type", (b) => (b.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2")],
    [
      "a bare signature in place of the envelope",
      (b) => {
        delete b.dsseEnvelope;
        b.messageSignature = { messageDigest: { algorithm: "SHA2_256", digest: "q6s=" }, signature: "q6s=" };
      },
    ],
    ["a statement that is a list", (b) => (b.dsseEnvelope.payload = Buffer.from("[]").toString("base64"))],
    [
      "a statement in invalid UTF-8",
      (b) => (b.dsseEnvelope.payload = Buffer.from('{"a":"\xff"}', "latin1").toString("base64")),
    ],
  ])("is refused as a bundle when it has %s", (_, change) => {
    expect(refusal({ bundle: tampered(change) }).what).toEqual(["bundle"]);
  });

  test.each(["", "{", "null", "[]", "{}", '"text"', "not json"])("is refused when it is %j", (bundle) => {
    expect(refusal({ bundle }).what).toEqual(["bundle"]);
  });

  test("is refused when a certificate stands in the key's place: nobody's identity is pinned here", () => {
    const bundle = tampered((b) => {
      b.verificationMaterial = { certificate: { rawBytes: "MIIB" } };
    });
    const { what, said } = refusal({ bundle });
    expect(what).toEqual(["signature"]);
    expect(said).toContain("only keys are trusted here");
  });

  test("is refused when it leans on a transparency log that keys cannot check", () => {
    const bundle = tampered((b) => {
      const proof = { logIndex: "0", rootHash: "", treeSize: "1", hashes: [], checkpoint: { envelope: "x" } };
      b.verificationMaterial.tlogEntries = [
        {
          logIndex: "0",
          logId: { keyId: "" },
          kindVersion: { kind: "dsse", version: "0.0.1" },
          inclusionProof: proof,
        },
      ];
    });
    expect(refusal({ bundle }).said).toContain("transparency log");
  });
});

describe("a verdict that is genuinely signed", () => {
  test("by a key that is not trusted is refused, and both keys are named", () => {
    const other = newKey();
    const { what, said } = refusal({ keys: [other] });
    expect(what).toEqual(["signature"]);
    expect(said).toContain(ours.keyId);
    expect(said).toContain(other.keyId);
  });

  test.each<[string, Partial<Expectation>, string]>([
    ["another commit", { commit: "0".repeat(40) }, "commit"],
    ["a commit that only begins the same", { commit: (safe.commit ?? "").slice(0, 39) }, "commit"],
    ["another artifact", { artifacts: [{ name: "b.tgz", sha256: "cd".repeat(32) }] }, "artifact"],
    [
      "one of two artifacts",
      {
        artifacts: [
          { name: "a", sha256 },
          { name: "b", sha256: "cd".repeat(32) },
        ],
      },
      "artifact",
    ],
    ["another environment", { environment: "stage" }, "environment"],
    ["an environment whose name begins the same", { environment: "prod-eu" }, "environment"],
    ["another version", { version: "v1.4.3" }, "version"],
    ["another purpose", { purpose: "deploy" }, "purpose"],
    ["another policy", { policyDigest: `sha256:${"0".repeat(64)}` }, "policy"],
    ["another resource", { resourceUri: "git+https://git.example.com/shop/web" }, "resource"],
  ])("but about %s than wanted is refused", (_, expected, what) => {
    expect(refusal({ expected }).what).toEqual([what]);
  });

  test.each<[string, (statement: Anything) => void, string]>([
    [
      "is of another statement type",
      (s) => (s._type = "https://in-toto.io/Statement/v0.1"),
      "statement type",
    ],
    ["has another predicate", (s) => (s.predicateType = "https://slsa.dev/provenance/v1"), "predicate type"],
    ["is another verifier's", (s) => (s.predicate.verifier.id = "https://example.com/other"), "verifier"],
    ["names no verifier", (s) => delete s.predicate.verifier, "verifier"],
    ["is about no commit", (s) => (s.subject = s.subject.slice(1)), "commit"],
    ["is about two commits", (s) => s.subject.push({ digest: { gitCommit: "0".repeat(40) } }), "commit"],
    [
      "has the commit's name as another sort of digest",
      (s) => (s.subject[0].digest = { sha1: safe.commit }),
      "commit",
    ],
    ["FAILED", (s) => (s.predicate.verificationResult = "FAILED"), "result"],
    ["neither passed nor failed", (s) => (s.predicate.verificationResult = "passed"), "result"],
    ["says no environment", (s) => delete s.predicate[extensionKey].environment, "environment"],
    ["has nothing of ours", (s) => delete s.predicate[extensionKey], "environment"],
    ["is a pull request's", (s) => (s.predicate[extensionKey].purpose = "pull-request"), "purpose"],
    ["names no policy", (s) => delete s.predicate.policy, "policy"],
    ["names no resource", (s) => delete s.predicate.resourceUri, "resource"],
    ["does not say when", (s) => delete s.predicate.timeVerified, "age"],
    [
      "was given on a day that does not exist",
      (s) => (s.predicate.timeVerified = "2026-02-30T00:00:00Z"),
      "age",
    ],
    ["was given at a time of no zone", (s) => (s.predicate.timeVerified = "2026-11-21T08:33:20"), "age"],
    ["was given at a number", (s) => (s.predicate.timeVerified = given), "age"],
  ])("is refused when it %s", async (_, change, what) => {
    expect(refusal({ bundle: await signed(change) }).what[0]).toBe(what);
  });

  test("is refused when it is too old, or from further in the future than clocks differ", () => {
    expect(refusal({ now: given + wanted.maxAgeMs + 1 }).said).toBe(
      "age: the verdict is 31 min old, and 30 min is the most allowed",
    );
    expect(refusal({ now: given - minute - 1 }).said).toContain("from the future");
  });

  test("is no fresher for being signed late", async () => {
    const bundle = await bundleOf(ours);
    expect(refusal({ bundle, now: given + 40 * minute }).what).toEqual(["age"]);
  });

  test("of a blocked release is refused with the gate's reasons", async () => {
    const bundle = await bundleOf(ours, { verdict: blocked });
    const { what, said } = refusal({ bundle, expected: { environment: blocked.environment } });
    expect(what).toEqual(["result"]);
    expect(said).toContain(blocked.reasons[0]);
  });

  test("is accepted as a pull request's only where that is wanted", async () => {
    const bundle = await signed((s) => (s.predicate[extensionKey].purpose = "pull-request"));
    expect(refusal({ bundle, expected: { purpose: "pull-request" } }).what).toEqual([]);
  });

  test("is refused with everything that does not hold, the first one first", () => {
    const expected = { commit: "0".repeat(40), environment: "stage", version: "v9.9.9" };
    expect(refusal({ expected, keys: [newKey()], now: given + 60 * minute }).what).toEqual([
      "signature",
      "commit",
      "environment",
      "version",
      "age",
    ]);
  });

  test("cannot print what a terminal would obey", async () => {
    const hostile = "\u001b[2J\u202e";
    const bundle = await signed((s) => {
      s.predicate.verificationResult = "FAILED";
      s.predicate[extensionKey] = { ...s.predicate[extensionKey], environment: hostile, reasons: [hostile] };
    });
    const named = JSON.parse(bundle);
    named.verificationMaterial.publicKey.hint = hostile;
    const { what, said } = refusal({ bundle: JSON.stringify(named), keys: [newKey()] });
    expect(what).toEqual(["signature", "environment", "result"]);
    expect(said).not.toMatch(/[\u001b\u202e]/);
  });

  test("and demanded, but does not hold, is an error that says how to get one that does", () => {
    const expected: Expectation = {
      ...wanted,
      environment: "stage eu",
      version: "v2.0.0",
      purpose: "deploy",
    };
    const refused = () => requireVerdict(good, expected, keyTrust([ours]), given);
    expect(refused).toThrow(SentinelError);
    expect(refused).toThrow(
      expect.objectContaining({
        code: "verdict-refused",
        exitCode: 1,
        message: expect.stringMatching(
          /^the signed verdict is refused: environment: .*; version: .*; purpose: /,
        ),
        remedy: expect.stringContaining("check --env 'stage eu' --version v2.0.0 --for deploy --attest"),
      }),
    );
  });
});
