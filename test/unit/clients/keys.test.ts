import { generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { readSigningKey, readVerificationKeys, writeKeyPair } from "../../../src/clients/keys.ts";
import { SentinelError } from "../../../src/core/errors.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { tempFolder } from "../../support/temp.ts";
import { keyFiles, keyPair } from "../attest/signing.ts";

const passphrase = ["correct", "horse", "battery"].join("-");
const data = Buffer.from("what is signed");

function pem(key: KeyObject, lock: object = {}): string {
  return key
    .export({ type: key.type === "private" ? "pkcs8" : "spki", format: "pem", ...lock } as never)
    .toString();
}

function read(env: Record<string, string>, file?: string, cwd = "/") {
  const secrets = new Secrets();
  const key = readSigningKey({ file, cwd, env: createEnv(env, secrets), secrets });
  return { key, secrets };
}

/** The error, of which no part may hold key material. */
function refusal(act: () => unknown): SentinelError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SentinelError);
    const refused = error as SentinelError;
    expect(`${refused.message} ${refused.remedy}`).not.toMatch(/(MC4CAQ|MIG|MII)\w{4}|horse/);
    expect(refused.remedy).toBeTruthy();
    return refused;
  }
  throw new Error("nothing was refused");
}

describe("a signing key", () => {
  const { publicKey, privateKey } = keyPair();
  const text = pem(privateKey);

  test("is none where nobody gives one", () => {
    expect(read({}).key).toBeUndefined();
  });

  test.each<[string, Record<string, string>]>([
    ["RS_SIGNING_KEY", { RS_SIGNING_KEY: text }],
    ["RS_SIGNING_KEY on one line", { RS_SIGNING_KEY: text.replaceAll("\n", "\\n") }],
    ["RS_SIGNING_KEY in base64", { RS_SIGNING_KEY: Buffer.from(text).toString("base64") }],
  ])("is read from %s", (_, env) => {
    const { key, secrets } = read(env);
    expect(verify(null, data, publicKey, key?.sign(data) ?? Buffer.of())).toBe(true);
    expect(secrets.mask(text.split("\n")[1] ?? "")).toBe("***");
  });

  test("is read from RS_SIGNING_KEY_FILE, and from --key, which wins", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "mounted.pem"), text);
    const { privateFile } = keyFiles(folder);
    const RS_SIGNING_KEY_FILE = join(folder, "mounted.pem");
    const mounted = read({ RS_SIGNING_KEY_FILE });
    const named = read({ RS_SIGNING_KEY_FILE }, "key.pem", folder);
    expect(mounted.key?.keyId).not.toBe(named.key?.keyId);
    expect(named.key?.keyId).toBe(read({}, privateFile).key?.keyId);
    expect(named.secrets.mask(readFileSync(privateFile, "utf8"))).toContain("***");
  });

  test.each([
    ["PKCS#8", { cipher: "aes-256-cbc", passphrase }],
    ["its own sort's form", { type: "pkcs1", cipher: "aes-256-cbc", passphrase }],
  ])(
    "that is encrypted as %s is opened with RS_SIGNING_KEY_PASSWORD, and with nothing else",
    (name, lock) => {
      const { privateKey: locked, publicKey: half } = keyPair(name === "PKCS#8" ? "ed25519" : "RSA");
      const env = { RS_SIGNING_KEY: pem(locked, lock) };
      const { key, secrets } = read({ ...env, RS_SIGNING_KEY_PASSWORD: passphrase });
      const algorithm = name === "PKCS#8" ? null : "sha256";
      expect(verify(algorithm, data, half, key?.sign(data) ?? Buffer.of())).toBe(true);
      expect(secrets.mask(passphrase)).toBe("***");
      expect(refusal(() => read(env)).message).toContain("encrypted, and there is no passphrase");
      expect(refusal(() => read({ ...env, RS_SIGNING_KEY_PASSWORD: "wrong" })).message).toContain(
        "cannot be opened with RS_SIGNING_KEY_PASSWORD",
      );
    },
  );

  const sigstoreForm = ["-----BEGIN ENCRYPTED SIGSTORE", "PRIVATE KEY-----\nxyz\n"].join(" ");
  test.each<[string, string, RegExp]>([
    ["text that is none", "hello", /not a private key/],
    ["a damaged key", text.replace(/\n.{10}/, "\nAAAAAAAAAA"), /not a private key/],
    ["a public key", pem(publicKey), /is a public key/],
    ["a key in Sigstore's own form", sigstoreForm, /Sigstore's own/],
    [
      "an RSA key that is too short",
      pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey),
      /1024 bits/,
    ],
    ["a P-384 key", pem(generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey), /secp384r1/],
    ["an RSA-PSS key", pem(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey), /rsa-pss/],
    ["an X25519 key", pem(generateKeyPairSync("x25519").privateKey), /x25519/],
  ])("is refused as %s in one line", (_, value, why) => {
    const refused = refusal(() => read({ RS_SIGNING_KEY: value }));
    expect(refused).toMatchObject({ code: "key-unusable", exitCode: 1 });
    expect(refused.message).toMatch(why);
    expect(refused.message).not.toContain("\n");
  });

  test("is refused when its file is missing, a folder, or far too large", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "folder"));
    writeFileSync(join(folder, "large"), Buffer.alloc(70_000, "x"));
    for (const file of ["missing", "folder", "large"])
      expect(refusal(() => read({}, file, folder)).message).toContain(`cannot read the key ${file}`);
  });
});

describe("verification keys", () => {
  test("are read from several files, and several from one", () => {
    const folder = tempFolder();
    const files = [keyFiles(folder), keyFiles(folder, "P-256", "second"), keyFiles(folder, "RSA", "third")];
    const all = join(folder, "all.pub");
    writeFileSync(all, files.map(({ publicFile }) => readFileSync(publicFile, "utf8")).join("# old\n"));
    const one = readVerificationKeys(
      files.map(({ publicFile }) => publicFile),
      folder,
    );
    expect(readVerificationKeys(["all.pub"], folder).map(({ keyId }) => keyId)).toEqual(
      one.map(({ keyId }) => keyId),
    );
    expect(new Set(one.map(({ keyId }) => keyId)).size).toBe(3);
    expect(one[0]?.keyId).toBe(read({}, files[0]?.privateFile).key?.keyId);
  });

  test("are not private keys, nor certificates, nor anything else", () => {
    const folder = tempFolder();
    const { privateFile } = keyFiles(folder);
    expect(refusal(() => readVerificationKeys([privateFile], folder))).toMatchObject({
      message: expect.stringContaining("is a private key"),
      remedy: expect.stringContaining("openssl pkey -in"),
    });
    writeFileSync(join(folder, "other"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    expect(refusal(() => readVerificationKeys(["other"], folder)).message).toContain("holds no public key");
    writeFileSync(join(folder, "cut"), "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n");
    expect(refusal(() => readVerificationKeys(["cut"], folder)).message).toContain("cannot be read");
  });
});

describe("a new pair of keys", () => {
  const files = (folder: string) => ({
    privateFile: join(folder, "new.key"),
    publicFile: join(folder, "new.pub"),
  });

  test("fits together, and the private half is its owner's alone", () => {
    const made = files(tempFolder());
    const keyId = writeKeyPair(made, undefined);
    expect(read({}, made.privateFile).key?.keyId).toBe(keyId);
    expect(readVerificationKeys([made.publicFile], "/")[0]?.keyId).toBe(keyId);
    expect(statSync(made.privateFile).mode & 0o777).toBe(0o600);
  });

  test("is encrypted where there is a passphrase", () => {
    const made = files(tempFolder());
    writeKeyPair(made, passphrase);
    expect(refusal(() => read({}, made.privateFile)).message).toContain("encrypted");
    expect(read({ RS_SIGNING_KEY_PASSWORD: passphrase }, made.privateFile).key).toBeDefined();
  });

  test.each(["privateFile", "publicFile"] as const)(
    "overwrites no %s, and leaves no half behind",
    (which) => {
      const made = files(tempFolder());
      writeFileSync(made[which], "precious");
      expect(refusal(() => writeKeyPair(made, undefined))).toMatchObject({ code: "key-unusable" });
      expect(readFileSync(made[which], "utf8")).toBe("precious");
      expect(existsSync(which === "privateFile" ? made.publicFile : made.privateFile)).toBe(false);
    },
  );

  test("makes the folder that is missing, and lets nobody else look into it", () => {
    const folder = join(tempFolder(), "a", "keys");
    const made = files(folder);
    writeKeyPair(made, undefined);
    expect([made.privateFile, made.publicFile].map((file) => existsSync(file))).toEqual([true, true]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("says where it cannot be written", () => {
    const file = join(tempFolder(), "file");
    writeFileSync(file, "precious");
    const refused = refusal(() => writeKeyPair(files(join(file, "keys")), undefined));
    expect(refused).toMatchObject({ code: "report-unwritable", exitCode: 2 });
    expect(refused.message).toContain("(ENOTDIR)");
  });
});
