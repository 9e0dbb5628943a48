import { payloadType } from "./statement.ts";

const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** What the signature's verifier needs: a key's hint. A certificate would stand in the same place. */
export type VerificationMaterial = { readonly publicKey: { readonly hint: string } };

/** Signs bytes. Keys are behind it today; a short-lived certificate would be too. */
export interface Signer {
  sign(data: Uint8Array): Promise<{ readonly signature: Buffer; readonly material: VerificationMaterial }>;
}

/** The local key as a signer. */
export function keySigner(key: { readonly keyId: string; sign(data: Uint8Array): Buffer }): Signer {
  return {
    async sign(data) {
      return { signature: key.sign(data), material: { publicKey: { hint: key.keyId } } };
    },
  };
}

/** A payload in a signed DSSE envelope in a Sigstore bundle v0.3, as JSON with its last line break. */
export async function signedBundle(payload: Buffer, signer: Signer): Promise<string> {
  const { signature, material } = await signer.sign(preAuthEncoding(payload));
  const bundle = {
    mediaType,
    verificationMaterial: material,
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType,
      // Without a key id: some verifiers pass over a signature whose id is not of their own making.
      signatures: [{ sig: signature.toString("base64") }],
    },
  };
  return `${JSON.stringify(bundle)}\n`;
}

/** What DSSE v1 signs. */
function preAuthEncoding(payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
