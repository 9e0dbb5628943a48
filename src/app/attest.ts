import { readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { keySigner } from "../attest/bundle.ts";
import type { Expectation } from "../attest/rules.ts";
import { type Attestation, attestVerdict } from "../attest/sign.ts";
import type { Artifact } from "../attest/statement.ts";
import type { Verification } from "../attest/verify.ts";
import { createFiles } from "../clients/files.ts";
import { readSigningKey, readVerificationKeys, writeKeyPair } from "../clients/keys.ts";
import { SentinelError } from "../core/errors.ts";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Clients } from "./clients.ts";

/** What signing and verifying look at. A `Sentinel` and a folder are enough. */
export interface AttestWorld {
  readonly clients: Pick<Clients, "readers" | "history">;
  readonly secrets: Secrets;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

export interface SignRequest {
  /** `--key FILE`; without it RS_SIGNING_KEY or RS_SIGNING_KEY_FILE. */
  readonly keyFile?: string | undefined;
  /** Files, or `NAME@sha256:…` for what is no file here, such as an image. */
  readonly artifacts: readonly string[];
  readonly toolVersion: string;
}

/** Signs one verdict. @param ledgerHead hash of the audit ledger's last entry, `sha256:…` */
export type Attest = (
  verdict: Verdict,
  ledgerHead: string | null,
) => Promise<Attestation & { readonly keyId: string }>;

export interface VerifyRequest extends Omit<Expectation, "artifacts"> {
  /** The signed verdict. */
  readonly file: string;
  readonly artifacts: readonly string[];
  /** Files with public keys, of which one must have signed. */
  readonly keyFiles: readonly string[];
}

const maxBytes = 4 * 1024 * 1024;

/**
 * Opens the key and hashes the artifacts, before the gate is asked: what is wrong with them is said at once.
 * @throws SentinelError `key-unusable`, `evidence-unreadable`
 */
export async function prepareAttestation(world: AttestWorld, request: SignRequest): Promise<Attest> {
  const { clients, secrets, cwd, signal } = world;
  const { env, ci } = clients.readers;
  const key = readSigningKey({ file: request.keyFile, cwd, env, secrets });
  if (!key) {
    throw new SentinelError(
      "key-unusable",
      "there is no key to sign with",
      "set RS_SIGNING_KEY or RS_SIGNING_KEY_FILE, or give --key FILE; make one: release-sentinel attest keygen",
    );
  }
  const artifacts = await readArtifacts(request.artifacts, cwd, signal);
  return async (verdict, ledgerHead) => {
    const remote = await clients.history.remote("origin", signal).catch(() => null);
    const around = secrets.maskDeep({ artifacts, repository: remote?.urls[0] ?? null, run: ci.runUrl });
    const attested = { verdict, ledgerHead, toolVersion: request.toolVersion, ...around };
    return { ...(await attestVerdict(attested, keySigner(key))), keyId: key.keyId };
  };
}

/** Is a signed verdict genuine, fresh and about this? @throws SentinelError for what cannot be read or is missing */
export async function verifyAttestation(world: AttestWorld, request: VerifyRequest): Promise<Verification> {
  const { cwd, signal } = world;
  const { file, keyFiles, artifacts, ...expected } = request;
  const keys = readVerificationKeys(keyFiles, cwd);
  if (keys.length === 0) {
    throw new SentinelError(
      "key-unusable",
      "there is no key to verify with",
      "give the public key of the one who signs: --key FILE",
    );
  }
  const [{ keyTrust }, { verifyVerdict }] = await Promise.all([
    import("../attest/trust.ts"),
    import("../attest/verify.ts"),
  ]);
  return verifyVerdict(
    readText(file, cwd, "signed verdict"),
    {
      ...expected,
      commit: await fullCommit(world, expected.commit),
      artifacts: await readArtifacts(artifacts, cwd, signal),
    },
    keyTrust(keys),
    Date.now(),
  );
}

/** Makes a pair of keys; encrypted with RS_SIGNING_KEY_PASSWORD, if there is one. Answers the key's id. */
export function makeKeys(
  { clients, cwd }: AttestWorld,
  files: { readonly privateFile: string; readonly publicFile: string },
): string {
  const [privateFile, publicFile] = [resolve(cwd, files.privateFile), resolve(cwd, files.publicFile)];
  return writeKeyPair({ privateFile, publicFile }, clients.readers.env.secret("RS_SIGNING_KEY_PASSWORD"));
}

/** A file that was named, as text. @throws SentinelError `evidence-unreadable` */
export function readText(file: string, cwd: string, what: string, limit: number = maxBytes): string {
  const path = resolve(cwd, file);
  try {
    if (statSync(path).size > limit) throw new Error(`larger than ${limit / 1024 / 1024} MiB`);
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(what, file, error);
  }
}

async function readArtifacts(
  named: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<readonly Artifact[]> {
  const files = createFiles();
  return Promise.all(
    named.map(async (name): Promise<Artifact> => {
      const [, image, digest] = /^(.+)@sha256:([0-9a-f]{64})$/.exec(name) ?? [];
      if (image !== undefined && digest !== undefined) return { name: printable(image), sha256: digest };
      try {
        return { name: printable(basename(name)), sha256: await files.sha256(resolve(cwd, name), signal) };
      } catch (error) {
        signal.throwIfAborted();
        throw unreadable("artifact", name, error);
      }
    }),
  );
}

/** A full object name is taken at its word; everything else is looked up in this clone. */
async function fullCommit({ clients, signal }: AttestWorld, commit: string): Promise<string> {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(commit)) return commit.toLowerCase();
  const found = await clients.readers.git.resolve(commit, signal).catch(() => null);
  signal.throwIfAborted();
  if (found !== null) return found;
  throw new SentinelError(
    "flag-invalid",
    `--commit ${printable(commit, 100)} is no full commit name, and nothing here is called that`,
    "give all of it: git rev-parse HEAD",
  );
}

function unreadable(what: string, file: string, error: unknown): SentinelError {
  const cause = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : "";
  return new SentinelError(
    "evidence-unreadable",
    `cannot read the ${what} ${printable(file, 200)} (${cause})`,
    "check the path",
  );
}
