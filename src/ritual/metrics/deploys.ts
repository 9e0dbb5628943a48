import type { Json } from "../../core/json.ts";

/** An entry of the ledger, as far as these numbers need it: the ledger's own `Recorded` is one. */
export interface LedgerRecord {
  /** RFC 3339. */
  readonly time: string;
  readonly entry: {
    readonly kind: string;
    readonly command: string;
    readonly environment: string | null;
    readonly version: string | null;
    readonly commit: string | null;
    readonly data: { readonly [key: string]: Json };
  };
}

/** How a deploy ended, as these numbers need to know it. */
export type DeployOutcome =
  /** It is there, and well. */
  | "good"
  /** It failed, and what was there before is there again. */
  | "rolled-back"
  /** It failed, and so did the way back. */
  | "broken"
  /** Something was changed, and nobody knows whether it is well. */
  | "unknown";

export interface Deploy {
  readonly command: "apply" | "rollback" | "pin";
  readonly environment: string;
  readonly version: string | null;
  readonly commit: string | null;
  /** Milliseconds since 1970: when the gate had let it begin; null where that is not recorded. */
  readonly began: number | null;
  /** Milliseconds since 1970: when it had ended. */
  readonly ended: number;
  readonly outcome: DeployOutcome;
}

/** What changed nothing is no deploy: blocked, withheld, planned, nothing applied. */
const outcomes: Readonly<Record<string, DeployOutcome>> = {
  deployed: "good",
  unrecorded: "good",
  returned: "good",
  pinned: "good",
  "rolled-back": "rolled-back",
  "roll-back-failed": "broken",
  unproven: "unknown",
  "lock-lost": "unknown",
};

/** What is said to have begun before that was another deploy's, or nobody's. */
const longestMs = 86_400_000;

/** The deploys that a ledger remembers, oldest first. */
export function deploysOf(records: readonly LedgerRecord[]): readonly Deploy[] {
  const begun = new Map<string, number>();
  return records.flatMap(({ time, entry }): Deploy[] => {
    const { kind, command, environment, version, commit, data } = entry;
    const ended = Date.parse(time);
    if (environment === null || Number.isNaN(ended)) return [];
    const key = JSON.stringify([environment, version]);
    if (kind === "verdict" && command === "apply") {
      begun.set(key, ended);
      return [];
    }
    if (kind !== "apply" && kind !== "rollback" && kind !== "pin") return [];
    const said = data["outcome"];
    const outcome = typeof said === "string" && Object.hasOwn(outcomes, said) ? outcomes[said] : undefined;
    const judged = begun.get(key);
    begun.delete(key);
    if (outcome === undefined) return [];
    const told = Date.parse(String(data["startedAt"]));
    const start = Number.isNaN(told) ? judged : told;
    const began = start !== undefined && start <= ended && ended - start <= longestMs ? start : null;
    return [{ command: kind, environment, version, commit, began, ended, outcome }];
  });
}
