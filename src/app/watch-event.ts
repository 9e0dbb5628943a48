import type { LedgerEvent } from "../ledger/entry.ts";
import type { Receipt, Sample } from "../watch/receipt.ts";

/** A ledger's entry holds 4 MiB at most; escapes and the entry's own fields need some room. */
const mostBytes = 3 * 1024 * 1024;

/**
 * What the ledger keeps of a decision. Of one that is too large, the minutes that only a backtest needs are left out first,
 * then the samples of signals that were well.
 */
export function watchEvent(receipt: Receipt, command: string): LedgerEvent {
  const { environment, version, commit, action, final, message } = receipt;
  const outcome = final ? action : "seen";
  const kept = bounded(receipt);
  return { kind: "watch", command, environment, version, commit, data: { outcome, message, receipt: kept } };
}

function bounded(receipt: Receipt): Receipt {
  if (sizeOf(receipt) <= mostBytes) return receipt;
  const { recorded: _recorded, ...rest } = receipt;
  if (sizeOf(rest) <= mostBytes) return rest;
  const unwell = new Set(rest.readings.filter(({ state }) => state !== "ok").map(({ signal }) => signal));
  const samples = rest.samples.map((sample) => (unwell.has(sample.signal) ? sample : without(sample)));
  const shorter = { ...rest, samples };
  return sizeOf(shorter) <= mostBytes ? shorter : { ...rest, samples: rest.samples.map(without) };
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** As the ledger itself marks what it has left out. */
function without(sample: Sample): Sample {
  return { ...sample, observation: { cut: true, bytes: sizeOf(sample.observation) } };
}
