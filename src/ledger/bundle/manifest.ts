import { hash } from "node:crypto";
import type { Actor } from "../entry.ts";

/** A file that goes with a release: its name and its bytes' hash, not its content. */
export interface Attachment {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A signed verdict, whole: it is small, and proves itself. */
export interface EnclosedAttestation {
  readonly name: string;
  readonly sha256: string;
  /** The file's text as it was given. */
  readonly content: string;
}

/** What a bundle says of itself. Whoever made it vouches for it, where it is signed; the ledger does not. */
export interface Manifest {
  readonly schema: "release-sentinel/evidence/v1";
  readonly version: string;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly madeBy: Actor | null;
  readonly tool: string;
  readonly ledger: string;
  /** Of the lines that follow, with their line breaks. */
  readonly linesSha256: string;
  /** Of the readable part: everything before the machine-readable one. */
  readonly textSha256: string;
  /** Which way of rendering made the readable part. */
  readonly renderer: number;
  readonly attachments: readonly Attachment[];
  readonly attestations: readonly EnclosedAttestation[];
}

export const renderer = 1;
export const manifestSchema = "release-sentinel/evidence/v1";
export const fenceStart = "```jsonl release-sentinel-evidence\n";
export const fenceEnd = "```\n";

export interface ReadBundle {
  readonly text: string;
  readonly manifestLine: string;
  readonly manifest: Manifest;
  readonly lines: readonly string[];
  readonly signature: { readonly keyId: string; readonly signature: string } | null;
}

/** Takes a bundle apart; undefined when it is none, or holds anything besides. */
export function readBundle(file: string): ReadBundle | undefined {
  const at = file.lastIndexOf(`\n${fenceStart}`) + 1;
  if (at === 0 || !file.endsWith(`\n${fenceEnd}`)) return undefined;
  const inside = file.slice(at + fenceStart.length, -fenceEnd.length);
  const [manifestLine = "", ...rest] = inside.split("\n").slice(0, -1);
  try {
    const manifest = JSON.parse(manifestLine) as Manifest;
    if (!isManifest(manifest)) return undefined;
    const signature = readSignature(rest.at(-1));
    const lines = signature === null ? rest : rest.slice(0, -1);
    return { text: file.slice(0, at), manifestLine, manifest, lines, signature };
  } catch {
    return undefined;
  }
}

function isManifest(value: Manifest): boolean {
  const texts = [
    value?.version,
    value?.madeAt,
    value?.tool,
    value?.ledger,
    value?.linesSha256,
    value?.textSha256,
  ];
  return (
    value?.schema === manifestSchema &&
    texts.every((text) => typeof text === "string") &&
    typeof value.renderer === "number" &&
    [value.attachments, value.attestations].every(
      (list) =>
        Array.isArray(list) &&
        list.every((item) => typeof item?.name === "string" && typeof item.sha256 === "string"),
    ) &&
    value.attestations.every(({ content }) => typeof content === "string")
  );
}

const signaturePattern =
  /^\{"keyId":"([A-Za-z0-9+/=_:-]{1,100})","signature":"((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)"\}$/;

/** Written in one way only: a bit that means nothing may not be changed either. */
function readSignature(line: string | undefined): ReadBundle["signature"] {
  const [, keyId, signature] = signaturePattern.exec(line ?? "") ?? [];
  if (keyId === undefined || signature === undefined) return null;
  return Buffer.from(signature, "base64").toString("base64") === signature ? { keyId, signature } : null;
}

export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
