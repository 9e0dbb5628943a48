import { existsSync } from "node:fs";
import { sep } from "node:path";
import { type LedgerWorld, openStore } from "../app/ledger.ts";
import { parseAge } from "../attest/age.ts";
import type { LedgerStore } from "../clients/ledger/store.ts";
import { SentinelError } from "../core/errors.ts";
import { isMoment, printable } from "../core/text.ts";
import type { Context } from "./context.ts";
import { logEvent } from "./logging.ts";

/** What the ledger's commands work with. */
export function ledgerWorld({ cwd, folder, env, sentinel, toolVersion, signal }: Context): LedgerWorld {
  const { secrets, clients } = sentinel;
  return { cwd, folder, env, readers: clients.readers, secrets, toolVersion, emit: logEvent, signal };
}

/** The ledger to read. @throws SentinelError `ledger-unreadable` where there is none */
export function storeToRead(world: LedgerWorld, named: string | undefined): LedgerStore {
  const store = openStore(world, named);
  if (store && isMissing(store, world)) {
    store.close();
    throw new SentinelError(
      "ledger-unreadable",
      "the repository has no ledger among its files at that ref",
      "say where it is kept: RS_LEDGER=git (on origin), postgres://…, or --ledger FILE",
    );
  }
  if (store) return store;
  throw new SentinelError(
    "ledger-unreadable",
    "there is no ledger here: no repository, or RS_LEDGER is off",
    "name it: --ledger FILE",
  );
}

/** With `--repo` the work tree's own ledger is there only if it was committed; anywhere else one may be yet to come. */
function isMissing({ kind, where }: LedgerStore, { cwd, folder = cwd }: LedgerWorld): boolean {
  return kind === "file" && folder !== cwd && where.startsWith(folder + sep) && !existsSync(where);
}

/** `90d` ago, or a date or time, as RFC 3339 in UTC. A date alone: its beginning, or its end. @throws SentinelError `flag-invalid` */
export function momentOption(flag: string, text: string | undefined, end: boolean): string | undefined {
  if (text === undefined) return undefined;
  const ms = parseAge(text);
  if (ms !== undefined) return new Date(Date.now() - ms).toISOString();
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && isMoment(text))
    return `${text}T${end ? "23:59:59.999" : "00:00:00.000"}Z`;
  if (isMoment(text)) return new Date(text).toISOString();
  throw new SentinelError(
    "flag-invalid",
    `${flag} ${printable(text, 100)} is neither a duration nor a date`,
    "write 90d, 12h, or 2026-11-01",
  );
}
