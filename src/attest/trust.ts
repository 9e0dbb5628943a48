import type { KeyObject } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import { printable } from "../core/text.ts";

/**
 * Whom a signature is accepted from. Keys are built; certificates (keyless signing) would be another implementation, which
 * has to pin the issuer and the whole subject: the library takes a subject for an unanchored regular expression.
 */
export interface Trust {
  /** Who signed, for people. @throws Error whose message says why it is nobody that is trusted */
  signerOf(bundle: Bundle): string;
}

export interface TrustedKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** Any of some keys: during a rotation there are two. */
export function keyTrust(keys: readonly TrustedKey[]): Trust {
  return {
    signerOf(bundle) {
      const { content, tlogEntries } = bundle.verificationMaterial;
      if (content.$case !== "publicKey")
        throw new Error("made with a certificate, and only keys are trusted here");
      if (tlogEntries.length > 0)
        throw new Error("comes with transparency log entries, which cannot be checked with keys alone");
      const signer = keys.find((key) => isSignedBy(bundle, key));
      if (signer) return `key ${signer.keyId}`;
      const { hint } = content.publicKey;
      const known = keys.some(({ keyId }) => keyId === hint);
      throw new Error(
        known
          ? `does not fit what was signed with key ${printable(hint, 100)}: it was altered`
          : `made with key ${printable(hint, 100) || "(unnamed)"}, which is none of those given (${keys.map(({ keyId }) => keyId).join(", ")})`,
      );
    },
  };
}

/** The hint is only a hint: what counts is whether the signature fits the key. */
function isSignedBy(bundle: Bundle, { publicKey }: TrustedKey): boolean {
  const verifier = new Verifier(
    {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: () => ({ publicKey, validFor: () => true }),
    },
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  try {
    verifier.verify(toSignedEntity(bundle));
    return true;
  } catch {
    return false;
  }
}
