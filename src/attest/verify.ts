import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { SentinelError } from "../core/errors.ts";
import { printable, shellWord } from "../core/text.ts";
import { type Claims, readClaims } from "./claims.ts";
import { type Expectation, momentOf, type Problem, problemsWith } from "./rules.ts";
import { sayProblems } from "./say.ts";
import type { Trust } from "./trust.ts";

/** A signed verdict of which everything holds that was asked. */
export interface GenuineVerdict {
  readonly commit: string;
  readonly environment: string;
  readonly version: string | null;
  readonly purpose: string;
  /** RFC 3339. */
  readonly timeVerified: string;
  readonly ageMs: number;
  readonly policyDigest: string;
  readonly resourceUri: string;
  /** Who signed, for people. */
  readonly signer: string;
  readonly run: string | null;
  readonly ledgerHead: string | null;
}

export type Verification =
  | { readonly genuine: true; readonly verdict: GenuineVerdict }
  | { readonly genuine: false; readonly problems: readonly Problem[] };

const mediaTypes = new Set([
  "application/vnd.dev.sigstore.bundle.v0.3+json",
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
]);

/**
 * Is this signed verdict genuine, fresh, and about what is expected? The library checks the signature and nothing else:
 * what was signed is compared here.
 * @param text a Sigstore bundle v0.3 as JSON
 * @param now milliseconds since 1970
 */
export function verifyVerdict(text: string, expected: Expectation, trust: Trust, now: number): Verification {
  let envelope: Envelope;
  let claims: Claims;
  try {
    envelope = openBundle(text);
    claims = readClaims(envelope.payloadType, envelope.payload);
  } catch (error) {
    return { genuine: false, problems: [{ what: "bundle", message: messageOf(error) }] };
  }
  const problems: Problem[] = [];
  let signer = "";
  try {
    signer = trust.signerOf(envelope.bundle);
  } catch (error) {
    problems.push({ what: "signature", message: messageOf(error) });
  }
  problems.push(...problemsWith(claims, expected, now));
  if (problems.length > 0) return { genuine: false, problems };
  const { timeVerified = "", version, run, ledgerHead } = claims;
  return {
    genuine: true,
    verdict: {
      commit: expected.commit,
      environment: expected.environment,
      version: version ?? null,
      purpose: claims.purpose ?? "",
      timeVerified,
      ageMs: Math.max(0, now - (momentOf(timeVerified) ?? now)),
      policyDigest: claims.policyDigest ?? "",
      resourceUri: claims.resourceUri ?? "",
      signer,
      run: run ?? null,
      ledgerHead: ledgerHead ?? null,
    },
  };
}

/** The same for a step that does nothing without a genuine verdict. @throws SentinelError `verdict-refused`, naming all that does not hold */
export function requireVerdict(
  text: string,
  expected: Expectation,
  trust: Trust,
  now: number,
): GenuineVerdict {
  const verification = verifyVerdict(text, expected, trust, now);
  if (verification.genuine) return verification.verdict;
  const { environment, version, purpose } = expected;
  const words = [
    `--env ${shellWord(environment)}`,
    ...(version === undefined ? [] : [`--version ${shellWord(version)}`]),
    ...(purpose === undefined ? [] : [`--for ${purpose}`]),
  ];
  throw new SentinelError(
    "verdict-refused",
    `the signed verdict is refused: ${sayProblems(verification.problems)}`,
    `ask the gate again: release-sentinel check ${words.join(" ")} --attest FILE`,
  );
}

interface Envelope {
  readonly bundle: Bundle;
  readonly payloadType: string;
  readonly payload: Uint8Array;
}

function openBundle(text: string): Envelope {
  const bundle = parseBundle(text);
  if (!mediaTypes.has(bundle.mediaType))
    throw new Error(`this is no Sigstore bundle of version 0.3 (${printable(bundle.mediaType, 100)})`);
  if (bundle.content.$case !== "dsseEnvelope")
    throw new Error("the bundle holds a bare signature and no statement");
  const { payloadType, payload } = bundle.content.dsseEnvelope;
  return { bundle, payloadType, payload };
}

function parseBundle(text: string): Bundle {
  try {
    return bundleFromJSON(JSON.parse(text));
  } catch (error) {
    const { fields } = error as { fields?: unknown };
    const where = Array.isArray(fields) ? ` (${printable(fields.join(", "), 200)})` : "";
    throw new Error(`this is no Sigstore bundle${where}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "could not be read";
}
