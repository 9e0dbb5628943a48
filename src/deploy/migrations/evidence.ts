import type { Rehearsal } from "../../clients/postgres/shadow.ts";
import { catalogueOf, type Deed, deedsBetween, mayHide, waiting } from "./deeds.ts";
import type { Statement } from "./parse.ts";
import { alterations } from "./rule.ts";

/** What a statement did to tables that were there before, as the server's own catalogue shows it. */
export interface Evidence {
  /** Tables that were written anew. */
  readonly rewritten: readonly string[];
  /** `AccessExclusiveLock on users`: locks that keep readers or writers out, held to the transaction's end. */
  readonly locks: readonly string[];
  /** What a block, a procedure or a function did, which nobody could read. */
  readonly deeds: readonly Deed[];
  /** `users.email`: columns that a validated check had proven to hold no null. */
  readonly proven: readonly string[];
}

const own = "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";
const files = `SELECT c.oid::text, c.relfilenode::text, coalesce(t.relname, c.relname)::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE c.relkind IN ('r', 'i', 'm') AND ${own}`;
const locks = `SELECT c.oid::text, l.mode::text, c.relname::text
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND c.relkind IN ('r', 'p', 'm') AND ${own}
AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')`;

// In the server's own words of it; PostgreSQL 12 and later believe it.
const proofs = `SELECT c.relname::text || '.' || a.attname::text
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]
WHERE k.contype = 'c' AND k.convalidated AND current_setting('server_version_num')::int >= 120000
AND pg_catalog.pg_get_constraintdef(k.oid) = 'CHECK ((' || quote_ident(a.attname) || ' IS NOT NULL))'`;

/** Their new files are what they are for. */
const expected = new Set(["TruncateStmt", "ReindexStmt", "RefreshMatViewStmt", "ClusterStmt", "VacuumStmt"]);
const rowsOnly = new Set([
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "TransactionStmt",
  "VariableSetStmt",
]);

export interface Witness {
  /** Asked before it runs: what it has done, to be asked when it has. */
  before(statement: Statement): Promise<() => Promise<Evidence>>;
}

/** Watches a rehearsal, statement by statement. */
export async function createWitness(rehearsal: Rehearsal, signal: AbortSignal): Promise<Witness> {
  let known = await filesOf(rehearsal, signal);
  const old = new Set(known.keys());
  const there = new Set((await catalogueOf(rehearsal, signal)).relations.keys());
  const isOld = (oid: string) => there.has(oid);
  const seen = new Set<string>();
  return {
    async before(statement) {
      const proven = setsNotNull(statement)
        ? (await rehearsal.run(proofs, signal)).map(([column]) => column ?? "")
        : [];
      const catalogue = mayHide(statement) ? await catalogueOf(rehearsal, signal) : null;
      return async () => {
        if (rowsOnly.has(statement.tag)) return { rewritten: [], locks: [], deeds: [], proven };
        const now = await filesOf(rehearsal, signal);
        const changed = [...now].filter(([oid, { file }]) => old.has(oid) && known.get(oid)?.file !== file);
        known = now;
        const held = (await rehearsal.run(locks, signal))
          .filter(([oid]) => old.has(oid ?? ""))
          .map(([, mode, table]) => `${mode} on ${table}`)
          .filter((lock) => !seen.has(lock));
        for (const lock of held) seen.add(lock);
        const tables = expected.has(statement.tag) ? [] : changed.map(([, { table }]) => table);
        const deeds = catalogue
          ? [...(await deedsBetween(catalogue, isOld, rehearsal, signal)), ...held.flatMap(waiting)]
          : [];
        return { rewritten: [...new Set(tables)], locks: held, deeds, proven };
      };
    },
  };
}

function setsNotNull(statement: Statement): boolean {
  return alterations(statement).some(({ command }) => command.subtype === "AT_SetNotNull");
}

async function filesOf(rehearsal: Rehearsal, signal: AbortSignal) {
  const rows = await rehearsal.run(files, signal);
  return new Map(rows.map(([oid, file, table]) => [oid ?? "", { file: file ?? "", table: table ?? "" }]));
}
