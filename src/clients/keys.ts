import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SentinelError } from "../core/errors.ts";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import { makeFolder } from "./make-folder.ts";
import type { EnvReader } from "./readers.ts";

/** A key that signs: Ed25519, ECDSA over P-256 with SHA-256 (DER), or RSA (PKCS#1 v1.5) with SHA-256. */
export interface SigningKey {
  /** Base64 of the SHA-256 of the public key in DER: what Sigstore's tools write as a key's hint. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
  sign(data: Uint8Array): Buffer;
}

export interface VerificationKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** The file it came from, as it was named. */
  readonly file: string;
}

export interface SigningKeySource {
  /** `--key FILE`; wins over the environment. */
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: EnvReader;
  readonly secrets: Secrets;
}

const maxBytes = 64 * 1024;
const smallestRsa = 2048;
const kinds = "Ed25519 (release-sentinel attest keygen), P-256, or RSA of 2048 bits or more";

/** Same for a private key's public half, so that a signature can be laid at its key's door. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64");
}

/**
 * The key of `--key FILE`, RS_SIGNING_KEY or RS_SIGNING_KEY_FILE (PEM; line breaks may be written as `\n`, or all of it
 * in base64), opened with RS_SIGNING_KEY_PASSWORD where it is encrypted. Undefined when there is none.
 * @throws SentinelError `key-unusable`
 */
export function readSigningKey({ file, cwd, env, secrets }: SigningKeySource): SigningKey | undefined {
  const name = file === undefined ? "RS_SIGNING_KEY" : printable(file, 200);
  const text = file === undefined ? env.secret("RS_SIGNING_KEY") : readKeyFile(file, cwd);
  if (text === undefined) return undefined;
  secrets.add(text);
  const pem = pemOf(text);
  secrets.add(pem);
  const key = openPrivateKey(pem, name, env.secret("RS_SIGNING_KEY_PASSWORD"));
  assertSupported(key, name);
  const publicKey = createPublicKey(key);
  const algorithm = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return { keyId: keyIdOf(publicKey), publicKey, sign: (data) => sign(algorithm, data, key) };
}

/** Every public key of some PEM files; a file may hold several. @throws SentinelError `key-unusable` */
export function readVerificationKeys(files: readonly string[], cwd: string): readonly VerificationKey[] {
  return files.flatMap((file) => {
    const name = printable(file, 200);
    const text = pemOf(readKeyFile(file, cwd));
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
      throw unusable(`${name} is a private key`, `give its public half: openssl pkey -in ${name} -pubout`);
    }
    const blocks = text.match(/-----BEGIN (RSA )?PUBLIC KEY-----[\s\S]*?-----END (RSA )?PUBLIC KEY-----/g);
    if (!blocks)
      throw unusable(`${name} holds no public key in PEM form`, "it begins -----BEGIN PUBLIC KEY-----");
    return blocks.map((block) => {
      const publicKey = openPublicKey(block, name);
      assertSupported(publicKey, name);
      return { keyId: keyIdOf(publicKey), publicKey, file };
    });
  });
}

/**
 * Makes an Ed25519 pair: PKCS#8 (0600, encrypted when there is a passphrase) and SPKI, both PEM. Overwrites nothing;
 * a folder that is missing is made, for its owner alone.
 * @returns the key's id
 * @throws SentinelError `key-unusable` when one of the files is there, `report-unwritable` when it cannot be written
 */
export function writeKeyPair(
  files: { readonly privateFile: string; readonly publicFile: string },
  passphrase: string | undefined,
): string {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const lock = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  writeNew(files.privateFile, privateKey.export({ type: "pkcs8", format: "pem", ...lock }).toString(), 0o600);
  try {
    writeNew(files.publicFile, publicKey.export({ type: "spki", format: "pem" }).toString(), 0o644);
  } catch (error) {
    // Half a pair is of no use to anybody, and this half was ours.
    rmSync(files.privateFile, { force: true });
    throw error;
  }
  return keyIdOf(publicKey);
}

function unusable(message: string, remedy: string): SentinelError {
  return new SentinelError("key-unusable", message, remedy);
}

function readKeyFile(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  try {
    if (statSync(path).size > maxBytes) throw new Error(`larger than ${maxBytes / 1024} KiB`);
    return readFileSync(path, "utf8");
  } catch (error) {
    const cause = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : "";
    throw unusable(`cannot read the key ${printable(file, 200)} (${cause})`, "check the path after --key");
  }
}

/** Variables of CI services often hold a PEM on one line. */
function pemOf(text: string): string {
  const lines = text.replaceAll("\\n", "\n");
  if (lines.includes("-----BEGIN ")) return lines;
  const decoded = Buffer.from(text, "base64").toString("latin1");
  return decoded.includes("-----BEGIN ") ? decoded : lines;
}

function openPrivateKey(pem: string, name: string, passphrase: string | undefined): KeyObject {
  if (/-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem)) {
    throw unusable(
      `${name} is in Sigstore's own encrypted form`,
      "make one with: release-sentinel attest keygen",
    );
  }
  if (/-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem))
    throw unusable(`${name} is a public key, which cannot sign`, "give the private key");
  const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem);
  if (encrypted && passphrase === undefined) {
    throw unusable(
      `${name} is encrypted, and there is no passphrase`,
      "set RS_SIGNING_KEY_PASSWORD, or RS_SIGNING_KEY_PASSWORD_FILE to a mounted file",
    );
  }
  try {
    return createPrivateKey({ key: pem, format: "pem", ...(encrypted ? { passphrase } : {}) });
  } catch {
    // OpenSSL's own words may quote what they could not read.
    throw encrypted
      ? unusable(
          `${name} cannot be opened with RS_SIGNING_KEY_PASSWORD`,
          "set the passphrase it was made with",
        )
      : unusable(`${name} is not a private key in PEM form`, "it begins -----BEGIN PRIVATE KEY-----");
  }
}

function openPublicKey(pem: string, name: string): KeyObject {
  try {
    return createPublicKey({ key: pem, format: "pem" });
  } catch {
    throw unusable(
      `${name} holds a public key that cannot be read`,
      "it begins -----BEGIN PUBLIC KEY-----, whole",
    );
  }
}

/** What Sigstore's tools verify too, by the same algorithms. */
function assertSupported(key: KeyObject, name: string): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { namedCurve, modulusLength = 0 } = {} } = key;
  if (type === "ed25519" || (type === "ec" && namedCurve === "prime256v1")) return;
  if (type === "rsa" && modulusLength >= smallestRsa) return;
  const what = type === "rsa" ? `RSA key of ${modulusLength} bits` : `${namedCurve ?? type} key`;
  throw unusable(`${name}: this sort of key is not supported (${what})`, `use ${kinds}`);
}

function writeNew(path: string, text: string, mode: number): void {
  let descriptor: number | undefined;
  try {
    makeFolder(dirname(path), 0o700);
  } catch {
    // What is in the way is in the way of the file too, which says it.
  }
  try {
    descriptor = openSync(path, "wx", mode);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    const { code = "unknown cause" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST")
      throw unusable(
        `${printable(path, 200)} is there already, and a key is never overwritten`,
        "choose another place with -o",
      );
    if (descriptor !== undefined) rmSync(path, { force: true });
    throw new SentinelError(
      "report-unwritable",
      `cannot write the key ${printable(path, 200)} (${code})`,
      code === "ENOENT" ? "make the folder first" : "check the folder's permissions and space",
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
