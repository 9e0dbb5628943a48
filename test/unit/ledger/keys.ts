import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { keyIdOf } from "../../../src/clients/keys.ts";
import type { Signer, TrustedKey } from "../../../src/ledger/checkpoint.ts";

/** A pair as `attest keygen` makes it. */
export function pair(kind: "ed25519" | "ec" = "ed25519"): {
  signer: Signer;
  trusted: TrustedKey;
  publicPem: string;
} {
  const made: { publicKey: KeyObject; privateKey: KeyObject } =
    kind === "ec" ? generateKeyPairSync("ec", { namedCurve: "prime256v1" }) : generateKeyPairSync("ed25519");
  const keyId = keyIdOf(made.publicKey);
  const algorithm = kind === "ec" ? "sha256" : null;
  return {
    signer: { keyId, sign: (data) => sign(algorithm, data, made.privateKey) },
    trusted: { keyId, publicKey: made.publicKey },
    publicPem: made.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
