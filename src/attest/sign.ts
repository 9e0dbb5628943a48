import { SentinelError } from "../core/errors.ts";
import { type Signer, signedBundle } from "./bundle.ts";
import { type Attested, isPassed, statementOf } from "./statement.ts";

export interface Attestation {
  /** The bundle as JSON, ready to be written to a file. */
  readonly text: string;
  readonly result: "PASSED" | "FAILED";
}

/** Signs a verdict. @throws SentinelError `evidence-unreadable` when there is no commit to attest */
export async function attestVerdict(attested: Attested, signer: Signer): Promise<Attestation> {
  const { commit } = attested.verdict;
  if (commit === null || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) {
    throw new SentinelError(
      "evidence-unreadable",
      "a verdict can be attested for a commit only, and this one is about none",
      "run it inside the repository that is released",
    );
  }
  const payload = Buffer.from(JSON.stringify(statementOf(attested)).toWellFormed());
  return {
    text: await signedBundle(payload, signer),
    result: isPassed(attested.verdict) ? "PASSED" : "FAILED",
  };
}
