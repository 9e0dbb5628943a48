import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { createFiles } from "../clients/files.ts";
import { createGitCommand } from "../clients/git/command.ts";
import { readSigningKey, readVerificationKeys } from "../clients/keys.ts";
import type { Anchor, LedgerStore } from "../clients/ledger/store.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { anchorOfTag, parseAnchor } from "../ledger/anchors.ts";
import { collect } from "../ledger/bundle/collect.ts";
import { makeBundle } from "../ledger/bundle/make.ts";
import type { Attachment, EnclosedAttestation } from "../ledger/bundle/manifest.ts";
import { type BundleVerification, verifyBundle } from "../ledger/bundle/verify.ts";
import type { Recorded } from "../ledger/entry.ts";
import { entriesOf } from "../ledger/query.ts";
import { type Verification, verifyChain } from "../ledger/verify.ts";
import { readText } from "./attest.ts";
import { actorOf, type LedgerWorld, trusted } from "./ledger.ts";

const maxBundleBytes = 512 * 1024 * 1024;

export interface AuditRequest {
  /** Files with public keys. */
  readonly keyFiles: readonly string[];
  /** `sha256:<hash>[@<seq>]`, as somebody remembers it. */
  readonly anchors: readonly string[];
  readonly allowUnsigned?: boolean;
}

/** Is the whole ledger genuine? Held against keys, given anchors, the tags of this clone, and what the store remembers. */
export async function verifyLedger(
  world: LedgerWorld,
  store: LedgerStore,
  request: AuditRequest,
): Promise<Verification> {
  const { cwd, signal } = world;
  const keys = readVerificationKeys(request.keyFiles, cwd);
  const [fromTags, witnesses] = await Promise.all([tagAnchors(world), store.witnesses(signal)]);
  return verifyChain(store.blocks(signal), {
    keys,
    anchors: [...givenAnchors(request.anchors), ...fromTags, ...witnesses],
    allowUnsigned: request.allowUnsigned,
    released: (version) => released(store, version, signal),
  });
}

/** @throws SentinelError `flag-invalid` */
function givenAnchors(texts: readonly string[]): Anchor[] {
  return texts.map((text) => {
    const anchor = parseAnchor(text, "--anchor");
    if (anchor) return anchor;
    throw new SentinelError(
      "flag-invalid",
      `--anchor ${printable(text, 100)} is no hash of an entry`,
      "write sha256: and 64 hex digits, or take the trailer: git tag -l --format='%(contents)' v1.4.2",
    );
  });
}

/** What the release tags of this clone remember. */
async function tagAnchors(world: LedgerWorld): Promise<Anchor[]> {
  const git = createGitCommand(world.folder ?? world.cwd, trusted(world));
  const format = "--format=%(refname:strip=2)%00%(contents)%00";
  const answer = await git(["for-each-ref", format, "refs/tags"], { signal: world.signal }).catch(() => null);
  if (answer?.code !== 0) return [];
  const fields = answer.stdout.toString("utf8").split("\0");
  const anchors: Anchor[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const anchor = anchorOfTag({ name: (fields[i] ?? "").trimStart(), message: fields[i + 1] ?? "" });
    if (anchor) anchors.push(anchor);
  }
  return anchors;
}

async function released(store: LedgerStore, version: string, signal: AbortSignal): Promise<boolean> {
  for await (const { recorded } of entriesOf(store.blocks(signal), `"version":${JSON.stringify(version)}`)) {
    if (recorded.entry.version === version && recorded.entry.kind === "release") return true;
  }
  return false;
}

export interface ExportRequest {
  readonly version: string;
  /** Files that go with the release. */
  readonly attach: readonly string[];
  /** Signed verdicts. */
  readonly attestations: readonly string[];
  /** Private key to sign the list of attachments with; default: RS_SIGNING_KEY. */
  readonly keyFile?: string | undefined;
}

export interface Exported {
  readonly text: string;
  readonly entries: number;
  /** Whether somebody vouches for the attachments. */
  readonly signed: boolean;
}

/** The evidence for one release, as one file. @throws SentinelError `ledger-unreadable`, `evidence-unreadable`, `key-unusable` */
export async function exportEvidence(
  world: LedgerWorld,
  store: LedgerStore,
  request: ExportRequest,
): Promise<Exported> {
  const { cwd, readers, secrets, signal, toolVersion } = world;
  const { version } = request;
  const signer = readSigningKey({ file: request.keyFile, cwd, env: readers.env, secrets });
  const attachments = await Promise.all(request.attach.map((file) => attachment(file, cwd, signal)));
  const attestations = request.attestations.map((file) => attestation(file, cwd));
  const remembered = new Set(
    (await tagAnchors(world)).filter((anchor) => anchor.version === version).map(({ sha256 }) => sha256),
  );
  const collected = await collect(store.blocks(signal), version, remembered);
  const text = makeBundle({
    version,
    collected,
    attachments: secrets.maskDeep(attachments),
    attestations,
    madeBy: secrets.maskDeep(await actorOf(world)),
    tool: toolVersion,
    madeAt: new Date().toISOString(),
    signer,
  });
  return { text, entries: collected.entries.length, signed: signer !== undefined };
}

async function attachment(file: string, cwd: string, signal: AbortSignal): Promise<Attachment> {
  const path = resolve(cwd, file);
  try {
    return {
      name: basename(file),
      bytes: statSync(path).size,
      sha256: await createFiles().sha256(path, signal),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw new SentinelError(
      "evidence-unreadable",
      `cannot read the attachment ${printable(file, 200)} (${(error as NodeJS.ErrnoException).code ?? "unknown cause"})`,
      "check the path",
    );
  }
}

function attestation(file: string, cwd: string): EnclosedAttestation {
  const content = readText(file, cwd, "signed verdict");
  return { name: basename(file), sha256: hashOf(content), content };
}

/** Is a bundle genuine? Needs the file and the keys, and neither the ledger nor a network. */
export async function verifyEvidence(
  world: Pick<LedgerWorld, "cwd" | "signal">,
  file: string,
  request: AuditRequest,
): Promise<BundleVerification> {
  const { cwd } = world;
  if (request.keyFiles.length + request.anchors.length === 0) {
    throw new SentinelError(
      "flag-invalid",
      "a bundle proves nothing without --key or --anchor: anybody can make one",
      "give the public key of those who keep the ledger: --key public.pem",
    );
  }
  const keys = readVerificationKeys(request.keyFiles, cwd);
  const text = readText(file, cwd, "evidence bundle", maxBundleBytes);
  const found = verifyBundle(text, { keys, anchors: givenAnchors(request.anchors) });
  const beside = await Promise.all(
    found.attachments.map((attachment) =>
      besideBundle(attachment, dirname(resolve(cwd, file)), world.signal),
    ),
  );
  const attested = await attestationProblems(found, keys);
  const problems = [
    ...found.problems,
    ...beside.flatMap(({ problem }) => problem ?? []),
    ...attested.problems,
  ];
  const notices = [...found.notices, ...beside.flatMap(({ notice }) => notice ?? []), ...attested.notices];
  return { ...found, genuine: problems.length === 0, problems, notices };
}

/** An attachment is looked for where the bundle is. */
async function besideBundle({ name, sha256 }: Attachment, folder: string, signal: AbortSignal) {
  const shown = printable(name, 200);
  if (basename(name) !== name) return { problem: `the attachment ${shown} has a path for a name` };
  try {
    const found = await createFiles().sha256(join(folder, name), signal);
    return found === sha256
      ? { notice: `Attachment ${shown}: it is here, and its hash is right` }
      : { problem: `the attachment ${shown} beside the bundle is another file: sha256:${found}` };
  } catch {
    signal.throwIfAborted();
    return { notice: `Attachment ${shown}: not here; its hash is sha256:${sha256}` };
  }
}

/** Each must be genuine for a commit and environment that the entries speak of; how old it is does not matter here. */
async function attestationProblems(
  { attestations, entries }: BundleVerification,
  keys: ReturnType<typeof readVerificationKeys>,
) {
  const problems: string[] = [];
  const notices: string[] = [];
  if (attestations.length === 0 || keys.length === 0) return { problems, notices };
  const [{ keyTrust }, { verifyVerdict }] = await Promise.all([
    import("../attest/trust.ts"),
    import("../attest/verify.ts"),
  ]);
  for (const { name, content } of attestations) {
    const answers = targets(entries).map((target) =>
      verifyVerdict(content, { ...target, maxAgeMs: Number.MAX_SAFE_INTEGER }, keyTrust(keys), Date.now()),
    );
    const shown = printable(name, 200);
    const genuine = answers.find((answer) => answer.genuine);
    const failed = answers.find(
      (answer) => !answer.genuine && answer.problems.every(({ what }) => what === "result"),
    );
    const why = answers.flatMap((answer) => (answer.genuine ? [] : answer.problems.slice(0, 1)))[0];
    if (genuine) notices.push(`Attestation ${shown}: genuine, ${genuine.verdict.signer}`);
    else if (failed)
      notices.push(`Attestation ${shown}: genuine, and it says that the gate did not pass this release`);
    else
      problems.push(
        `the attestation ${shown} is not genuine for this release: ${why?.message ?? "no entry names a commit"}`,
      );
  }
  return { problems, notices };
}

function targets(entries: readonly Recorded[]): { commit: string; environment: string; version: string }[] {
  return entries.flatMap(({ entry: { commit, environment, version } }) =>
    commit !== null && environment !== null && version !== null ? [{ commit, environment, version }] : [],
  );
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
