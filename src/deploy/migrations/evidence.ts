import type { Rehearsal } from "../../clients/postgres/shadow.ts";
import type { Statement } from "./parse.ts";

/** What a statement did to tables that were there before, as the server's own catalogue shows it. */
export interface Evidence {
  /** Tables that were written anew. */
  readonly rewritten: readonly string[];
  /** `AccessExclusiveLock on users`: locks that keep readers or writers out, held to the transaction's end. */
  readonly locks: readonly string[];
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
  /** What the statement that was just run has done. */
  after(statement: Statement): Promise<Evidence>;
}

/** Watches a rehearsal, statement by statement. */
export async function createWitness(rehearsal: Rehearsal, signal: AbortSignal): Promise<Witness> {
  let known = await filesOf(rehearsal, signal);
  const old = new Set(known.keys());
  const seen = new Set<string>();
  return {
    async after(statement: Statement): Promise<Evidence> {
      if (rowsOnly.has(statement.tag)) return { rewritten: [], locks: [] };
      const now = await filesOf(rehearsal, signal);
      const changed = [...now].filter(([oid, { file }]) => old.has(oid) && known.get(oid)?.file !== file);
      known = now;
      const held = (await rehearsal.run(locks, signal))
        .filter(([oid]) => old.has(oid ?? ""))
        .map(([, mode, table]) => `${mode} on ${table}`)
        .filter((lock) => !seen.has(lock));
      for (const lock of held) seen.add(lock);
      const tables = expected.has(statement.tag) ? [] : changed.map(([, { table }]) => table);
      return { rewritten: [...new Set(tables)], locks: held };
    },
  };
}

async function filesOf(rehearsal: Rehearsal, signal: AbortSignal) {
  const rows = await rehearsal.run(files, signal);
  return new Map(rows.map(([oid, file, table]) => [oid ?? "", { file: file ?? "", table: table ?? "" }]));
}
