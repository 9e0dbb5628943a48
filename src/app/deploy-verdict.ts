import { resolve } from "node:path";
import type { ConfigFile } from "../config/file.ts";
import { parseDuration } from "../config/schema.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import type { DeploySettings } from "../deploy/settings.ts";
import type { Admission } from "../flows/apply/apply.ts";
import type { AroundGate, Job } from "./job.ts";

export interface VerdictAsked {
  readonly environment: string;
  readonly version: string;
  readonly verdictFile?: string | undefined;
  readonly verdictKey?: string | undefined;
}

const maxAgeMs = 15 * 60_000;

/**
 * The gate's word for a deploy: asked now, or brought along, signed. Where one is brought, the gate is not asked again.
 * @param settle told of the configuration as soon as it is known
 * @throws SentinelError `verdict-refused` and the gate's own
 */
export async function admissionBy(
  job: Job,
  asked: VerdictAsked,
  around: AroundGate,
  settle: (config: ConfigFile) => void,
): Promise<Admission> {
  if (asked.verdictFile !== undefined) {
    const config = await job.config();
    settle(config);
    return signedAdmission(job, asked, asked.verdictFile, config);
  }
  const { verdict, config } = await job.gate("deploy", around);
  settle(config);
  const { verdict: { signed = false } = {} } = sectionFor<DeploySettings>(
    config,
    asked.environment,
    "deploy",
  );
  if (signed && verdict.exitCode === 0) {
    throw new SentinelError(
      "verdict-refused",
      `a deploy to ${asked.environment} needs a signed verdict`,
      "let the gate sign one, then bring it along: release-sentinel check --for deploy --attest FILE; --verdict FILE",
    );
  }
  return { exitCode: verdict.exitCode, commit: verdict.commit, verdict };
}

async function signedAdmission(
  job: Job,
  { environment, version, verdictKey }: VerdictAsked,
  file: string,
  config: ConfigFile,
): Promise<Admission> {
  const { verdict: demanded = {} } = sectionFor<DeploySettings>(config, environment, "deploy");
  const key = verdictKey ?? demanded.key;
  if (key === undefined) {
    throw new SentinelError(
      "key-unusable",
      "there is no key to verify the verdict with",
      "give the public key of the one who signs: --verdict-key FILE, or deploy.verdict.key in the configuration",
    );
  }
  const repository = await job.clients.readers.git.repository();
  if (repository.state !== "ready")
    throw new SentinelError("verdict-refused", repository.message, repository.remedy);
  await mustBeClean(job, repository.root, [file, key]);
  const [{ readText }, { requireVerdict }, { keyTrust }, { readVerificationKeys }] = await Promise.all([
    import("./attest.ts"),
    import("../attest/verify.ts"),
    import("../attest/trust.ts"),
    import("../clients/keys.ts"),
  ]);
  const { commit } = repository;
  const age = demanded.maxAge === undefined ? undefined : parseDuration(demanded.maxAge);
  const genuine = requireVerdict(
    readText(file, job.cwd, "signed verdict"),
    { commit, environment, version, purpose: "deploy", maxAgeMs: age ?? maxAgeMs },
    keyTrust(readVerificationKeys([key], job.cwd)),
    Date.now(),
  );
  job.emit({
    type: "notice",
    level: "info",
    from: "release-sentinel.deploy",
    message: `The signed verdict is genuine: SAFE at ${genuine.timeVerified}, signed by ${genuine.signer}`,
  });
  return { exitCode: 0, commit, verdict: null };
}

/** The verdict is about a commit: what was changed since is not what was judged. The files that are brought along may lie there. */
async function mustBeClean(
  { clients, cwd, signal }: Job,
  root: string,
  brought: readonly string[],
): Promise<void> {
  const own = new Set(brought.map((file) => resolve(cwd, file)));
  const changed = await clients.readers.git.status(signal);
  const others = changed.map(({ path }) => path).filter((path) => !own.has(resolve(root, path)));
  if (others.length === 0) return;
  const shown = others.slice(0, 3).map((path) => printable(path, 200));
  throw new SentinelError(
    "verdict-refused",
    `the work tree has changes that the signed verdict says nothing about: ${shown.join(", ")}`,
    "deploy from a clean checkout of the commit that was judged",
  );
}
