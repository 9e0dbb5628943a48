import type { Signer } from "../checkpoint.ts";
import type { Actor } from "../entry.ts";
import { canonical } from "../plain.ts";
import type { Collected } from "./collect.ts";
import {
  type Attachment,
  type EnclosedAttestation,
  fenceEnd,
  fenceStart,
  type Manifest,
  manifestSchema,
  renderer,
  sha256,
} from "./manifest.ts";
import { evidenceText } from "./markdown.ts";

export interface BundleOptions {
  readonly version: string;
  readonly collected: Collected;
  readonly attachments: readonly Attachment[];
  readonly attestations: readonly EnclosedAttestation[];
  readonly madeBy: Actor | null;
  readonly tool: string;
  /** RFC 3339. */
  readonly madeAt: string;
  /** Vouches for the attachments and attestations that are named. */
  readonly signer?: Signer | undefined;
}

/** The evidence for one release as one file: Markdown for people, and at its end what proves it. */
export function makeBundle(options: BundleOptions): string {
  const { version, collected, attachments, attestations, madeBy, tool, madeAt, signer } = options;
  const { ledger, lines, entries } = collected;
  const about = { version, madeAt, madeBy, tool, ledger, attachments, attestations };
  const text = evidenceText(about, entries);
  const stored = lines.map((line) => `${line}\n`).join("");
  const manifest: Manifest = {
    schema: manifestSchema,
    ...about,
    renderer,
    linesSha256: sha256(stored),
    textSha256: sha256(text),
  };
  const manifestLine = canonical(manifest);
  const signature = signer
    ? `${canonical({ keyId: signer.keyId, signature: signer.sign(Buffer.from(manifestLine)).toString("base64") })}\n`
    : "";
  return `${text}${fenceStart}${manifestLine}\n${stored}${signature}${fenceEnd}`;
}
