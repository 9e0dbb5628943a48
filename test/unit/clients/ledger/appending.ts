import { writeSync } from "node:fs";
import type { LedgerStore } from "../../../../src/clients/ledger/store.ts";
import { createLedgerWriter } from "../../../../src/ledger/ledger.ts";

/** Appends so many entries, and prints the hash of every one once it is acknowledged. */
export async function appendTo(
  store: LedgerStore,
  who: string | undefined,
  times: string | undefined,
): Promise<void> {
  const ledger = createLedgerWriter({
    store,
    mask: (value) => value,
    circumstances: { actor: null, run: { ci: null, url: null }, host: null, tool: "0.0.0" },
  });
  for (let n = 0; n < Number(times); n++) {
    const data = { who: Number(who), n, text: "x".repeat(2000) };
    const about = { kind: "note", command: "test", environment: null, version: null, commit: null, data };
    const { hash } = await ledger.record(about, new AbortController().signal);
    writeSync(1, `${hash}\n`);
  }
}
