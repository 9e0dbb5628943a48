// A process that appends to a ledger in a database, and prints the hash of every entry once it is acknowledged.
import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import { appendTo } from "./appending.ts";

const [who, times] = process.argv.slice(2);
const url = process.env["TEST_LEDGER_URL"] ?? "";
const store = createPostgresStore({ url, env: {}, project: async () => null, addSecret: () => {} });
// Not closed: a connection that nobody uses must not keep the process.
await appendTo(store, who, times);
