import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keySigner } from "../../../src/attest/bundle.ts";
import { attestVerdict } from "../../../src/attest/sign.ts";
import type { Attested } from "../../../src/attest/statement.ts";
import { createEnv } from "../../../src/clients/env.ts";
import { readSigningKey, type SigningKey } from "../../../src/clients/keys.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { safe } from "../gate/report/verdicts.ts";

export type Sort = "ed25519" | "P-256" | "RSA";

export function keyPair(sort: Sort = "ed25519"): { publicKey: KeyObject; privateKey: KeyObject } {
  if (sort === "P-256") return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return sort === "RSA"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519");
}

/** A pair in files, as users have it. */
export function keyFiles(folder: string, sort: Sort = "ed25519", name = "key") {
  const { publicKey, privateKey } = keyPair(sort);
  const [privateFile, publicFile] = [join(folder, `${name}.pem`), join(folder, `${name}.pub`)];
  writeFileSync(privateFile, privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(publicFile, publicKey.export({ type: "spki", format: "pem" }));
  return { privateFile, publicFile };
}

export function signingKey(file: string): SigningKey {
  const secrets = new Secrets();
  const key = readSigningKey({ file, cwd: "/", env: createEnv({}, secrets), secrets });
  if (!key) throw new Error("there is a key");
  return key;
}

export const attested: Attested = {
  verdict: safe,
  artifacts: [],
  repository: "https://git.example.com/shop/api.git",
  toolVersion: "0.1.0",
  run: null,
  ledgerHead: null,
};

export async function bundleOf(key: SigningKey, change: Partial<Attested> = {}): Promise<string> {
  return (await attestVerdict({ ...attested, ...change }, keySigner(key))).text;
}

// biome-ignore lint/suspicious/noExplicitAny: tests take bundles and statements apart
export type Anything = any;

/** The statement inside a bundle. */
export function statementIn(bundle: string): Anything {
  return JSON.parse(Buffer.from(JSON.parse(bundle).dsseEnvelope.payload, "base64").toString("utf8"));
}
