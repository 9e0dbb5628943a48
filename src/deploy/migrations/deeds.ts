import type { Rehearsal } from "../../clients/postgres/shadow.ts";
import { count, printable } from "../../core/text.ts";
import type { Statement } from "./parse.ts";

/** What a statement did that cannot be read in it: a block, a procedure, a function. In the words of the plain rules. */
export interface Deed {
  readonly rule: string;
  readonly status: "fail" | "warn";
  readonly message: string;
  readonly remedy: string;
}

const hiding = new Set(["DoStmt", "CallStmt", "SelectStmt", "ExecuteStmt", "CreateTableAsStmt"]);

/** Whether more may happen than is written there. */
export function mayHide({ tag }: Statement): boolean {
  return hiding.has(tag);
}

const own = "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";
const relations = `SELECT c.oid::text, c.relkind::text, format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND ${own}`;
const columns = `SELECT a.attrelid::text || ' ' || a.attnum, a.attrelid::text, a.attname::text
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f') AND ${own}`;
const rows = `SELECT s.relid::text, s.n_tup_upd::text, s.n_tup_del::text
FROM pg_catalog.pg_stat_xact_user_tables s WHERE s.n_tup_upd + s.n_tup_del > 0`;

export interface Catalogue {
  readonly relations: ReadonlyMap<string, { readonly kind: string; readonly name: string }>;
  readonly columns: ReadonlyMap<string, { readonly relation: string; readonly name: string }>;
  /** Of this transaction. */
  readonly touched: ReadonlyMap<string, { readonly updated: number; readonly deleted: number }>;
}

export async function catalogueOf(rehearsal: Rehearsal, signal: AbortSignal): Promise<Catalogue> {
  const all = [
    await rehearsal.run(relations, signal),
    await rehearsal.run(columns, signal),
    await rehearsal.run(rows, signal),
  ].map((found) => found.map(([a, b, c]) => [a ?? "", b ?? "", c ?? ""] as const));
  const [tables = [], parts = [], counts = []] = all;
  return {
    relations: new Map(tables.map(([oid, kind, name]) => [oid, { kind, name }])),
    columns: new Map(parts.map(([key, relation, name]) => [key, { relation, name }])),
    touched: new Map(
      counts.map(([oid, updated, deleted]) => [oid, { updated: Number(updated), deleted: Number(deleted) }]),
    ),
  };
}

/** What is gone, has another name, or has lost rows. @param isOld whether a relation was there before the migrations */
export async function deedsBetween(
  before: Catalogue,
  isOld: (oid: string) => boolean,
  rehearsal: Rehearsal,
  signal: AbortSignal,
): Promise<readonly Deed[]> {
  const now = await catalogueOf(rehearsal, signal);
  const old = [...before.relations].filter(([oid]) => isOld(oid));
  const relationDeeds = old.flatMap(([oid, { kind, name }]) => {
    const left = now.relations.get(oid);
    if (left === undefined) return "vm".includes(kind) ? droppedView(name) : droppedTable(name);
    return left.name === name ? [] : renamed(name, left.name);
  });
  const columnDeeds = [...before.columns]
    .filter(([, { relation }]) => isOld(relation) && now.relations.has(relation))
    .flatMap(([key, { relation, name }]) => {
      const column = `${before.relations.get(relation)?.name}.${name}`;
      const left = now.columns.get(key);
      if (left === undefined) return droppedColumn(column);
      return left.name === name ? [] : renamed(column, left.name);
    });
  const rowDeeds: Deed[] = [];
  for (const [oid, after] of now.touched) {
    const table = now.relations.get(oid);
    if (!table || !isOld(oid)) continue;
    const earlier = before.touched.get(oid);
    const updated = after.updated - (earlier?.updated ?? 0);
    const deleted = after.deleted - (earlier?.deleted ?? 0);
    if (updated <= 0 && deleted <= 0) continue;
    const [[left] = []] = await rehearsal.run(`SELECT count(*)::text FROM ${table.name}`, signal);
    rowDeeds.push(...rowsOf(table.name, { updated, deleted, left: Number(left) }));
  }
  return [...relationDeeds, ...columnDeeds, ...rowDeeds];
}

const inBatches = "do it in batches by a key, each in a transaction of its own, outside of the migration";

function rowsOf(
  table: string,
  { updated, deleted, left }: { updated: number; deleted: number; left: number },
): Deed[] {
  const shown = printable(table, 150);
  const deeds: Deed[] = [];
  if (deleted > 1 && left === 0) {
    const message = `deleted every row of ${shown} (${deleted})`;
    deeds.push({ rule: "delete-without-where", status: "fail", message, remedy: inBatches });
  } else if (deleted > 0) {
    const message = `deleted ${count(deleted, "row")} of ${shown}, which cannot be taken back`;
    const remedy = "keep a backup: a roll back changes no data";
    deeds.push({ rule: "irreversible", status: "warn", message, remedy });
  }
  if (updated > 1 && updated >= left) {
    const message = `overwrote every row of ${shown} (${updated}), and keeps each locked until it ends`;
    deeds.push({ rule: "update-without-where", status: "fail", message, remedy: inBatches });
  }
  return deeds;
}

function droppedTable(name: string): Deed {
  const shown = printable(name, 150);
  return {
    rule: "drop-table",
    status: "fail",
    message: `dropped the table ${shown} with its rows, and what still runs the old version fails on it`,
    remedy: `release a version that does not use ${shown} first, keep a backup, and drop it in a later release`,
  };
}

function droppedColumn(name: string): Deed {
  const shown = printable(name, 150);
  return {
    rule: "drop-column",
    status: "fail",
    message: `dropped the column ${shown} with its values, and what still runs the old version fails on it`,
    remedy: `release a version that neither reads nor writes ${shown} first, and drop it in a later release`,
  };
}

function droppedView(name: string): Deed {
  return {
    rule: "drop-object",
    status: "warn",
    message: `dropped the view ${printable(name, 150)}: what still runs the old version fails where it uses it`,
    remedy: "release a version that does not use it first",
  };
}

function renamed(name: string, to: string): Deed {
  return {
    rule: "rename",
    status: "fail",
    message: `renamed ${printable(name, 150)} to ${printable(to, 150)}: what still runs the old version knows only the old name`,
    remedy: "add the new one beside it, write both, and drop the old one in a later release",
  };
}

/** A lock that nobody can see in what is written. */
export function waiting(lock: string): Deed[] {
  const table = lock.replace(/^AccessExclusiveLock on /, "");
  if (table === lock) return [];
  return [
    {
      rule: "lock-timeout",
      status: "warn",
      message: `took AccessExclusiveLock on ${printable(table, 150)} without a lock_timeout: while it waits for a long query, every query on it waits behind it`,
      remedy: "SET lock_timeout = '5s'; at the top of the migration, and try again when it is hit",
    },
  ];
}
