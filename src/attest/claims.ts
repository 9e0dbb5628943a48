import { extensionKey } from "./statement.ts";

/** What a statement says, as far as it says it: nothing in here is trusted, and nothing is presumed. */
export interface Claims {
  readonly payloadType: string;
  readonly type: string | undefined;
  readonly predicateType: string | undefined;
  /** Of every subject that names one. */
  readonly commits: readonly string[];
  /** `sha256` of every subject that names one. */
  readonly artifacts: readonly string[];
  readonly verifier: string | undefined;
  readonly timeVerified: string | undefined;
  readonly resourceUri: string | undefined;
  /** `sha256:…` */
  readonly policyDigest: string | undefined;
  readonly result: string | undefined;
  readonly environment: string | undefined;
  readonly version: string | undefined;
  readonly purpose: string | undefined;
  readonly reasons: readonly string[];
  readonly run: string | undefined;
  readonly ledgerHead: string | undefined;
}

/** Reads the bytes that were signed. @throws Error when they are no JSON object in UTF-8 */
export function readClaims(payloadType: string, payload: Uint8Array): Claims {
  const statement = parse(payload);
  const subjects = list(statement["subject"]).map((subject) => object(object(subject)["digest"]));
  const predicate = object(statement["predicate"]);
  const own = object(predicate[extensionKey]);
  const digest = text(object(object(predicate["policy"])["digest"])["sha256"]);
  return {
    payloadType,
    type: text(statement["_type"]),
    predicateType: text(statement["predicateType"]),
    commits: subjects.flatMap((subject) => text(subject["gitCommit"]) ?? []),
    artifacts: subjects.flatMap((subject) => text(subject["sha256"]) ?? []),
    verifier: text(object(predicate["verifier"])["id"]),
    timeVerified: text(predicate["timeVerified"]),
    resourceUri: text(predicate["resourceUri"]),
    policyDigest: digest === undefined ? undefined : `sha256:${digest}`,
    result: text(predicate["verificationResult"]),
    environment: text(own["environment"]),
    version: text(own["version"]),
    purpose: text(own["purpose"]),
    reasons: list(own["reasons"]).flatMap((reason) => text(reason) ?? []),
    run: text(own["run"]),
    ledgerHead: text(own["ledgerHead"]),
  };
}

type Loose = Readonly<Record<string, unknown>>;

function parse(payload: Uint8Array): Loose {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Loose;
  } catch {
    // said below
  }
  throw new Error("what was signed is no statement in JSON");
}

function object(value: unknown): Loose {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Loose) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
