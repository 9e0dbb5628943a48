import type { Verdict } from "../core/verdict.ts";

export const statementType = "https://in-toto.io/Statement/v1";
export const predicateType = "https://slsa.dev/verification_summary/v1";
export const payloadType = "application/vnd.in-toto+json";
export const verifierId = "urn:release-sentinel:gate";
/** The predicate lets producers add fields whose names are URIs; everything of ours is under this one. */
export const extensionKey = "urn:release-sentinel:attestation:v1";

export type Digest = { readonly [algorithm: string]: string };

export interface Subject {
  readonly name: string;
  readonly digest: Digest;
}

/** What a verdict says beyond a verification summary. */
export interface Extension {
  readonly environment: string;
  readonly version: string | null;
  readonly purpose: Verdict["for"];
  readonly verdict: Verdict["verdict"];
  readonly releasable: boolean;
  /** Why it is not SAFE. */
  readonly reasons: readonly string[];
  readonly policySource: string;
  /** Link to the CI run. */
  readonly run: string | null;
  /** Hash of the audit ledger's last entry when this was signed, `sha256:…`. */
  readonly ledgerHead: string | null;
}

export interface Summary {
  readonly verifier: { readonly id: string; readonly version: Readonly<Record<string, string>> };
  readonly timeVerified: string;
  readonly resourceUri: string;
  readonly policy: { readonly uri: string; readonly digest: Digest };
  readonly verificationResult: "PASSED" | "FAILED";
  readonly verifiedLevels: readonly string[];
  readonly [extensionKey]: Extension;
}

/** An in-toto Statement v1 with a SLSA Verification Summary v1. */
export interface Statement {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof predicateType;
  readonly predicate: Summary;
}

export interface Artifact {
  /** For people; artifacts are compared by digest alone. */
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What is attested. Texts in here are masked already. */
export interface Attested {
  /** Of a repository: `commit` is not null. */
  readonly verdict: Verdict;
  readonly artifacts: readonly Artifact[];
  /** The repository's address as it is configured; user information is left out. Null where there is none. */
  readonly repository: string | null;
  readonly toolVersion: string;
  readonly run: string | null;
  readonly ledgerHead: string | null;
}

const shownReasons = 20;
const reasonLength = 500;

/** The statement about a verdict. Pure; its time is the verdict's own, so that attesting late makes nothing fresher. */
export function statementOf(attested: Attested): Statement {
  const { verdict, artifacts, repository, toolVersion, run, ledgerHead } = attested;
  const { environment, version, for: purpose, policyDigest, policySource } = verdict;
  const commit = verdict.commit ?? "";
  const passed = isPassed(verdict);
  const resourceUri = resourceOf(repository, commit, environment);
  return {
    _type: statementType,
    subject: [
      { name: resourceUri, digest: { gitCommit: commit } },
      ...artifacts.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    ],
    predicateType,
    predicate: {
      verifier: { id: verifierId, version: { "release-sentinel": toolVersion } },
      timeVerified: verdict.startedAt,
      resourceUri,
      policy: {
        uri: `urn:release-sentinel:policy:${encodeURIComponent(policySource.toWellFormed())}`,
        digest: { sha256: policyDigest.replace(/^sha256:/, "") },
      },
      verificationResult: passed ? "PASSED" : "FAILED",
      verifiedLevels: passed ? levelsOf(purpose, environment) : ["FAILED"],
      [extensionKey]: {
        environment,
        version,
        purpose,
        verdict: verdict.verdict,
        releasable: verdict.releasable,
        reasons: verdict.reasons.slice(0, shownReasons).map((reason) => reason.slice(0, reasonLength)),
        policySource,
        run,
        ledgerHead,
      },
    },
  };
}

/**
 * SAFE and releasable: a verdict with warnings, of `--at`, or with checks left out is not.
 * Where every answer was one of shadow mode, nothing has been enforced.
 */
export function isPassed({ verdict, releasable, findings }: Verdict): boolean {
  const answered = findings.filter(({ attempts, status }) => attempts > 0 && status !== "skipped");
  return verdict === "SAFE" && releasable && answered.some(({ shadow }) => shadow === undefined);
}

/**
 * Levels of our own, for tools that know nothing of ours. The environment is among them, because what passed for one must not
 * be taken for another.
 */
function levelsOf(purpose: Verdict["for"], environment: string): readonly string[] {
  const gate = purpose.toUpperCase().replaceAll("-", "_");
  return [
    `RELEASE_SENTINEL_GATE_${gate}`,
    `RELEASE_SENTINEL_ENVIRONMENT_${encodeURIComponent(environment.toWellFormed())}`,
  ];
}

/**
 * `git+https://host/path@commit#environment=prod`. An address on this machine says nothing to others, and its path is
 * nobody's business: the commit alone then, as a gitoid.
 */
function resourceOf(repository: string | null, commit: string, environment: string): string {
  const place = placeOf(repository);
  const resource = place
    ? `${place}@${commit}`
    : `gitoid:commit:${commit.length === 64 ? "sha256" : "sha1"}:${commit}`;
  return `${resource}#environment=${encodeURIComponent(environment.toWellFormed())}`;
}

function placeOf(repository: string | null): string | undefined {
  if (repository === null) return undefined;
  // git's short form of ssh, git@host:owner/name.git, is no URL. A drive letter is no host.
  const short = /^(?:[^/@\s]+@)?([^/:@\s]{2,}):(?!\/\/|:)\/*(\S+)$/.exec(repository);
  const url = URL.parse(short ? `ssh://${short[1]}/${short[2]}` : repository);
  if (!url || url.host === "" || !/^(https?|ssh|git):$/.test(url.protocol)) return undefined;
  return `git+${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}
