import { type KeyObject, verify } from "node:crypto";
import { type Head, timePattern } from "../clients/ledger/line.ts";

/** Signs for one key. */
export interface Signer {
  readonly keyId: string;
  sign(data: Uint8Array): Buffer;
}

/** A public key that a reader trusts. */
export interface TrustedKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** A key's holder says: at this time this ledger had so many lines, and the last one had this hash. */
export interface Checkpoint {
  readonly head: string;
  readonly keyId: string;
  readonly ledger: string;
  readonly length: number;
  readonly time: string;
  /** Base64, over `statementOf`. */
  readonly signature: string;
}

const schema = "release-sentinel/checkpoint/v1";

/** The bytes that are signed: canonical JSON of the checkpoint without its signature. */
export function statementOf({ head, keyId, ledger, length, time }: Omit<Checkpoint, "signature">): Buffer {
  return Buffer.from(
    `{"head":"${head}","keyId":"${keyId}","ledger":"${ledger}","length":${length},"schema":"${schema}","time":"${time}"}`,
  );
}

/** `"checkpoint":{…}`: the body of the line that follows the head it speaks of. */
export function checkpointBody(at: Head, time: string, signer: Signer): string {
  const said = { head: `sha256:${at.sha256}`, keyId: signer.keyId, ledger: at.ledger, length: at.seq, time };
  const signature = signer.sign(statementOf(said)).toString("base64");
  return `"checkpoint":{"head":"${said.head}","keyId":"${said.keyId}","ledger":"${said.ledger}","length":${said.length},"schema":"${schema}","signature":"${signature}","time":"${time}"}`;
}

const pattern =
  /^"checkpoint":\{"head":"(sha256:[0-9a-f]{64})","keyId":"([A-Za-z0-9+/=_:-]{1,100})","ledger":"([0-9a-f-]{36})","length":([1-9]\d{0,14}),"schema":"release-sentinel\/checkpoint\/v1","signature":"([A-Za-z0-9+/=]{1,2000})","time":"([0-9TZ:.-]{24})"\}$/;

/** Undefined for anything that this version does not know as a checkpoint. */
export function readCheckpoint(body: string): Checkpoint | undefined {
  const [, head = "", keyId = "", ledger = "", length, signature = "", time = ""] = pattern.exec(body) ?? [];
  if (length === undefined || !timePattern.test(time)) return undefined;
  return { head, keyId, ledger, length: Number(length), time, signature };
}

export function isSignedBy(checkpoint: Checkpoint, key: TrustedKey): boolean {
  return isSignature(statementOf(checkpoint), checkpoint.signature, key);
}

/** @param signature base64 */
export function isSignature(bytes: Buffer, signature: string, { publicKey }: TrustedKey): boolean {
  const algorithm = publicKey.asymmetricKeyType === "ed25519" ? null : "sha256";
  try {
    return verify(algorithm, bytes, publicKey, Buffer.from(signature, "base64"));
  } catch {
    // A signature of another key's form.
    return false;
  }
}
