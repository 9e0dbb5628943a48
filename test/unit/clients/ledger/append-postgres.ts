// A process that appends to a ledger in a database, and prints the hash of every entry once it is acknowledged.
import { writeSync } from "node:fs";
import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import { createLedgerWriter } from "../../../../src/ledger/ledger.ts";

const [who, times] = process.argv.slice(2);
const url = process.env["TEST_LEDGER_URL"] ?? "";
const store = createPostgresStore({ url, env: {}, project: async () => null, addSecret: () => {} });
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
// Not closed: a connection that nobody uses must not keep the process.
