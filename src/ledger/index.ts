export type { Head } from "../clients/ledger/line.ts";
export type { Anchor, LedgerStore } from "../clients/ledger/store.ts";
export type { Actor, LedgerEntry, LedgerEvent, Recorded } from "./entry.ts";
