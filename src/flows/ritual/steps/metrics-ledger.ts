import type { LedgerStore } from "../../../clients/ledger/store.ts";
import { entriesOf } from "../../../ledger/query.ts";
import type { LedgerRecord } from "../../../ritual/metrics/deploys.ts";

const kinds = new Set(["apply", "rollback", "pin", "verdict"]);

/** The ledger's first entry, and those about deploys from `since` (milliseconds since 1970) on; oldest first. */
export async function deployRecords(
  store: Pick<LedgerStore, "blocks">,
  since: number,
  signal: AbortSignal,
): Promise<readonly LedgerRecord[]> {
  const found: LedgerRecord[] = [];
  const from = new Date(since).toISOString();
  for await (const { recorded } of entriesOf(store.blocks(signal))) {
    const { time, entry } = recorded;
    if (found.length > 0 && (time < from || !kinds.has(entry.kind))) continue;
    const { kind, command, environment, version, commit } = entry;
    const { outcome = null, startedAt = null } = entry.data;
    const data = { outcome, startedAt };
    found.push({ time, entry: { kind, command, environment, version, commit, data } });
  }
  return found;
}
