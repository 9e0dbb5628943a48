import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import { ledgerStoreContract } from "../../../contract/ledger-store.ts";
import { withPostgres } from "../../../support/postgres.ts";

let projects = 0;

withPostgres("a ledger in PostgreSQL", (server) => {
  ledgerStoreContract("PostgreSQL", () => {
    projects += 1;
    const project = `example.com/p${projects}`;
    return { open: () => createPostgresStore({ url: server.url(), env: {}, project, addSecret: () => {} }) };
  });
});
