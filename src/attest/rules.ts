import type { Purpose } from "../core/target.ts";
import { isMoment, printable } from "../core/text.ts";
import { ageText } from "./age.ts";
import type { Claims } from "./claims.ts";
import { type Artifact, payloadType, predicateType, statementType, verifierId } from "./statement.ts";

/** What a verdict must be about, and how old it may be. */
export interface Expectation {
  /** Full object name, lower-case hex. */
  readonly commit: string;
  readonly environment: string;
  readonly version?: string | undefined;
  /** Without it: release or deploy, never a pull request's. */
  readonly purpose?: Purpose | undefined;
  /** Each must be among the verdict's. */
  readonly artifacts?: readonly Artifact[] | undefined;
  readonly maxAgeMs: number;
  /** `sha256:…`: only a verdict by this very policy. */
  readonly policyDigest?: string | undefined;
  /** Only a verdict about this very resource. */
  readonly resourceUri?: string | undefined;
}

/** One thing that does not hold. */
export interface Problem {
  readonly what: string;
  /** For people; texts from outside are printable. */
  readonly message: string;
}

interface Rule {
  readonly what: string;
  /** Why it does not hold; undefined when it does. */
  readonly wrong: (claims: Claims, expected: Expectation, now: number) => string | undefined;
}

/** Clocks of two machines differ; by more than that one of them is wrong. */
const skewMs = 60_000;

const rules: readonly Rule[] = [
  { what: "payload type", wrong: (claims) => differs(claims.payloadType, payloadType) },
  { what: "statement type", wrong: (claims) => differs(claims.type, statementType) },
  { what: "predicate type", wrong: (claims) => differs(claims.predicateType, predicateType) },
  { what: "commit", wrong: ({ commits }, { commit }) => otherCommit(commits, commit) },
  {
    what: "artifact",
    wrong: (claims, { artifacts = [] }) => {
      const missing = artifacts.filter(({ sha256 }) => !claims.artifacts.includes(sha256));
      const named = missing.map(({ name, sha256 }) => `${printable(name, 200)} (sha256:${sha256})`);
      return missing.length === 0 ? undefined : `the verdict says nothing about ${named.join(", ")}`;
    },
  },
  { what: "verifier", wrong: (claims) => differs(claims.verifier, verifierId) },
  {
    what: "resource",
    wrong: (claims, { resourceUri }) => pinned(claims.resourceUri, resourceUri),
  },
  { what: "environment", wrong: (claims, expected) => differs(claims.environment, expected.environment) },
  {
    what: "version",
    wrong: (claims, { version }) => (version === undefined ? undefined : differs(claims.version, version)),
  },
  { what: "purpose", wrong: ({ purpose }, expected) => otherPurpose(purpose, expected.purpose) },
  { what: "age", wrong: ({ timeVerified }, { maxAgeMs }, now) => untimely(timeVerified, maxAgeMs, now) },
  {
    what: "result",
    wrong: ({ result, reasons }) => {
      if (result === "PASSED") return undefined;
      const why = reasons.map((reason) => printable(reason, 300)).join("; ");
      return result === "FAILED"
        ? `the gate did not pass this release${why ? `: ${why}` : ""}`
        : differs(result, "PASSED");
    },
  },
  {
    what: "policy",
    wrong: (claims, { policyDigest }) => pinned(claims.policyDigest, policyDigest),
  },
];

/** Everything that does not hold, in the order in which it matters. */
export function problemsWith(claims: Claims, expected: Expectation, now: number): readonly Problem[] {
  return rules.flatMap(({ what, wrong }) => {
    const message = wrong(claims, expected, now);
    return message === undefined ? [] : [{ what, message }];
  });
}

/** When it was verified, milliseconds since 1970; undefined for anything but RFC 3339 in UTC. */
export function momentOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(text)) return undefined;
  return isMoment(text) ? Date.parse(text) : undefined;
}

function differs(found: string | undefined, wanted: string): string | undefined {
  if (found === wanted) return undefined;
  const said = found === undefined ? "says nothing" : `says ${printable(found, 300) || "(empty)"}`;
  return `the verdict ${said}, not ${printable(wanted, 300)}`;
}

/** It must be said, whatever it is, unless one is wanted. */
function pinned(found: string | undefined, wanted: string | undefined): string | undefined {
  if (wanted !== undefined) return differs(found, wanted);
  return found ? undefined : "the verdict says nothing";
}

/** We write exactly one commit; a statement about several is not ours, whichever of them is meant. */
function otherCommit(commits: readonly string[], wanted: string): string | undefined {
  if (commits.length === 1 && commits[0] === wanted) return undefined;
  const found = commits.slice(0, 3).map((commit) => printable(commit, 64));
  return `the verdict is about ${found.join(" and ") || "no commit"}, not about ${wanted}`;
}

function otherPurpose(found: string | undefined, wanted: Purpose | undefined): string | undefined {
  if (wanted !== undefined) return differs(found, wanted);
  return found === "release" || found === "deploy" ? undefined : differs(found, "release or deploy");
}

function untimely(text: string | undefined, maxAgeMs: number, now: number): string | undefined {
  const at = momentOf(text);
  if (at === undefined) return `the verdict does not say when it was given (${printable(text ?? "", 60)})`;
  if (at - now > skewMs) return `the verdict is from the future, by ${ageText(at - now)}: a clock is wrong`;
  return now - at > maxAgeMs
    ? `the verdict is ${ageText(now - at)} old, and ${ageText(maxAgeMs)} is the most allowed`
    : undefined;
}
