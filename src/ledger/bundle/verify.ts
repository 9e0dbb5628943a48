import { bodyOf, type ReadLine, readLine } from "../../clients/ledger/line.ts";
import type { Anchor } from "../../clients/ledger/store.ts";
import { count, printable } from "../../core/text.ts";
import { isSignature, isSignedBy, readCheckpoint, type TrustedKey } from "../checkpoint.ts";
import type { Recorded } from "../entry.ts";
import { readEntry } from "../query.ts";
import { type Attachment, type Manifest, type ReadBundle, readBundle, renderer, sha256 } from "./manifest.ts";
import { evidenceText } from "./markdown.ts";

export interface BundleVerification {
  readonly schema: "release-sentinel/evidence-verification/v1";
  readonly genuine: boolean;
  readonly version: string | null;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
  readonly entries: readonly Recorded[];
  /** Key ids that have vouched for entries. */
  readonly signedBy: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly attestations: Manifest["attestations"];
}

export interface BundleOptions {
  readonly keys: readonly TrustedKey[];
  /** Each must be the own hash of a line of the bundle. */
  readonly anchors: readonly Anchor[];
}

interface Line extends ReadLine {
  readonly bytes: Buffer;
  readonly recorded: Recorded | undefined;
}

/** Holds a bundle against keys and remembered hashes; needs neither the ledger nor a network. */
export function verifyBundle(file: string, { keys, anchors }: BundleOptions): BundleVerification {
  const bundle = readBundle(file);
  if (!bundle) return answer(["this is no evidence bundle, or something was added to it or taken away"]);
  const lines = bundle.lines.map(takeApart);
  const damaged = lines.indexOf(undefined);
  if (damaged >= 0) return answer([`line ${damaged + 1} of its ledger's lines was edited`], bundle);
  const read = lines.filter((line) => line !== undefined);
  const entries = read.flatMap(({ recorded }) => recorded ?? []);
  const manifest = manifestPart(bundle, keys);
  const cover = coverage(read, keys, anchors);
  const problems = [
    ...unrelated(bundle, entries, read),
    ...broken(read),
    ...cover.problems,
    ...manifest.problems,
    ...textPart(bundle, entries, manifest.vouched),
  ];
  return { ...answer(problems, bundle), entries, notices: manifest.notices, signedBy: cover.signedBy };
}

function answer(problems: readonly string[], bundle?: ReadBundle): BundleVerification {
  return {
    schema: "release-sentinel/evidence-verification/v1",
    genuine: problems.length === 0,
    version: bundle?.manifest.version ?? null,
    problems,
    notices: [],
    entries: [],
    signedBy: [],
    attachments: bundle?.manifest.attachments ?? [],
    attestations: bundle?.manifest.attestations ?? [],
  };
}

function takeApart(text: string): Line | undefined {
  const bytes = Buffer.from(text);
  const read = readLine(bytes);
  return read === undefined || read === "damaged"
    ? undefined
    : { ...read, bytes, recorded: readEntry(bytes) };
}

function unrelated(
  { manifest, lines }: ReadBundle,
  entries: readonly Recorded[],
  read: readonly Line[],
): string[] {
  const stored = lines.map((line) => `${line}\n`).join("");
  const stranger = entries.find(({ entry }) => entry.version !== manifest.version);
  const other = read.find(({ link }) => link.ledger !== manifest.ledger);
  return [
    ...(sha256(stored) === manifest.linesSha256
      ? []
      : ["its ledger's lines are not those that it was made with"]),
    ...(entries.length > 0 ? [] : ["it holds no entry"]),
    ...(stranger ? [`entry ${stranger.seq} is about another version`] : []),
    ...(other ? [`entry ${other.link.seq} is of another ledger`] : []),
  ];
}

/** Neighbours must be chained; where numbers are left out, another piece of the chain begins. */
function broken(lines: readonly Line[]): string[] {
  return lines.flatMap(({ link }, i) => {
    const before = lines[i - 1];
    if (!before || link.seq > before.link.seq + 1) return [];
    const chained = link.seq === before.link.seq + 1 && link.prev === `sha256:${before.sha256}`;
    return chained
      ? []
      : [`entry ${link.seq} is not chained to entry ${before.link.seq}, which stands before it`];
  });
}

/** Every entry must stand before a checkpoint of a given key, or before a hash that is remembered, in its piece of the chain. */
function coverage(lines: readonly Line[], keys: readonly TrustedKey[], anchors: readonly Anchor[]) {
  const problems: string[] = [];
  const signedBy = new Set<string>();
  const bare: number[] = [];
  let covered = false;
  for (const [i, line] of [...lines.entries()].reverse()) {
    const after = lines[i + 1];
    if (after && after.link.seq !== line.link.seq + 1) covered = false;
    if (anchors.some(({ sha256, seq }) => sha256 === line.sha256 && (seq ?? line.link.seq) === line.link.seq))
      covered = true;
    const signer = checkpointKey(line, keys);
    if (signer !== undefined) {
      signedBy.add(signer);
      covered = true;
    }
    if (line.recorded && !covered) bare.unshift(line.recorded.seq);
  }
  if (bare.length > 0) {
    const which = bare.length === 1 ? `entry ${bare[0]} is` : `entries ${bare.join(", ")} are`;
    problems.push(`${which} covered by no checkpoint of a given key, and by no remembered hash`);
  }
  for (const { sha256, from } of anchors) {
    if (!lines.some((line) => line.sha256 === sha256))
      problems.push(`${from}: no line of the bundle has this hash`);
  }
  return { problems, signedBy: [...signedBy] };
}

function checkpointKey(line: Line, keys: readonly TrustedKey[]): string | undefined {
  const said = readCheckpoint(bodyOf(line.bytes, line) ?? "");
  const key = keys.find(({ keyId }) => keyId === said?.keyId);
  const { link } = line;
  const right =
    said?.head === link.prev &&
    said?.length === link.seq - 1 &&
    said.ledger === link.ledger &&
    said.time === link.time;
  return said && key && right && isSignedBy(said, key) ? key.keyId : undefined;
}

/** The manifest is the exporter's word: worth what its signature is worth. */
function manifestPart({ manifest, manifestLine, signature }: ReadBundle, keys: readonly TrustedKey[]) {
  const named = manifest.attachments.length + manifest.attestations.length;
  const tampered = manifest.attestations.filter(({ content, sha256: said }) => sha256(content) !== said);
  const problems = tampered.map(
    ({ name }) => `the attestation ${printable(name, 200)} does not match its hash`,
  );
  const key = keys.find(({ keyId }) => keyId === signature?.keyId);
  const vouched =
    signature !== null &&
    key !== undefined &&
    isSignature(Buffer.from(manifestLine), signature.signature, key);
  const unproven = `${count(named, "attachment or attestation", "attachments and attestations")} named by whoever exported this, and no given key vouches for that`;
  const notices = vouched || named === 0 || keys.length > 0 ? [] : [unproven];
  if (named > 0 && keys.length > 0 && !vouched) problems.push(unproven);
  return { problems, notices, vouched };
}

/** The readable part is made again from what was proven, and compared. */
function textPart({ manifest, text }: ReadBundle, entries: readonly Recorded[], vouched: boolean): string[] {
  if (manifest.renderer === renderer)
    return rendered(manifest, entries) === text
      ? []
      : ["its readable part does not say what its entries say"];
  if (vouched && sha256(text) === manifest.textSha256) return [];
  return ["its readable part was made by another version of this tool: verify it with that one"];
}

function rendered(manifest: Manifest, entries: readonly Recorded[]): string | undefined {
  try {
    return evidenceText(manifest, entries);
  } catch {
    // Entries of a shape that this version never wrote.
    return undefined;
  }
}
