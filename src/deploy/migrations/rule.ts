import type { AlterTableCmd, ColumnDef, Constraint, Node, RangeVar } from "libpg-query";
import { printable } from "../../core/text.ts";
import type { Migration, Statement, Tagged } from "./parse.ts";

/** One thing that a migration should not do, or not so. Pure: it looks at what was parsed, and at nothing else. */
export interface Rule {
  /** What a comment that allows it names. */
  readonly id: string;
  readonly status: "fail" | "warn" | "notice";
  /** What it looks for, one line for the documentation. */
  readonly about: string;
  find(statement: Statement, around: Around): readonly Hit[];
}

export interface Hit {
  /** What it does in production. */
  readonly message: string;
  /** The safe way to do it. */
  readonly remedy: string;
  /** Bytes from the file's beginning; default: the statement's. */
  readonly offset?: number | undefined;
  /** It is only so if this table is written anew: a rehearsal finds out. */
  readonly ifRewritten?: RangeVar | undefined;
  /** `users.email`: only if no check that was validated proves that this column holds no null. */
  readonly ifScanned?: string | undefined;
}

/** What a rule knows besides the statement. */
export interface Around {
  readonly migration: Migration;
  /** Of files that come before it, and are judged with it. */
  readonly earlier: readonly Statement[];
  /** Made earlier in the same file: it is empty, and nobody uses it yet. */
  isNew(table: RangeVar | undefined): boolean;
  /** Statements of one transaction have one number; null: the statement has one to itself. */
  transactionOf(statement: Statement): number | null;
  /** What comes earlier in the file. */
  before(statement: Statement): readonly Statement[];
}

export interface Alteration {
  readonly table: RangeVar;
  readonly command: AlterTableCmd;
}

/** The single changes of an ALTER TABLE. */
export function alterations({ node }: Statement): readonly Alteration[] {
  const { AlterTableStmt: alter } = node;
  if (!alter?.relation || (alter.objtype !== undefined && alter.objtype !== "OBJECT_TABLE")) return [];
  const { relation: table, cmds = [] } = alter;
  return cmds.flatMap((cmd) => {
    const command = tagged(cmd).AlterTableCmd;
    return command ? [{ table, command }] : [];
  });
}

/** The same, of tables that were there before. */
export function alterationsOfOld(statement: Statement, around: Around): readonly Alteration[] {
  return alterations(statement).filter(({ table }) => !around.isNew(table));
}

/** A column that is added, with what is said of it. */
export function addedColumn({
  command,
}: Alteration): { column: ColumnDef; constraints: readonly Constraint[] } | undefined {
  if (command.subtype !== "AT_AddColumn") return undefined;
  const column = tagged(command.def).ColumnDef;
  if (!column) return undefined;
  return { column, constraints: (column.constraints ?? []).flatMap((node) => tagged(node).Constraint ?? []) };
}

export function tagged(node: Node | undefined): Tagged {
  return (node ?? {}) as Tagged;
}

/** Words of a qualified name: `String` nodes, or a list of them. */
export function words(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => tagged(node).String?.sval ?? words(tagged(node).List?.items));
}

/** `shop.orders`, safe to print. */
export function nameOf(table: RangeVar | undefined): string {
  return printable([table?.schemaname, table?.relname].filter(Boolean).join("."), 150);
}

/** A name as SQL takes it, for what people copy. */
export function quoted(name: string | undefined): string {
  const text = printable(name ?? "", 100);
  return /^[a-z_][a-z0-9_$]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

/** The same for a table. */
export function sqlName(table: RangeVar | undefined): string {
  return [table?.schemaname, table?.relname]
    .filter(Boolean)
    .map((part) => quoted(part))
    .join(".");
}

/** A type, as it is named: `int4`, `timestamptz`. */
export function typeName(column: ColumnDef | undefined): string {
  return words(column?.typeName?.names).at(-1) ?? "";
}

/** Every node of a kind inside another, at any depth. */
export function* inside<K extends keyof Tagged>(root: unknown, kind: K): Generator<NonNullable<Tagged[K]>> {
  if (root === null || typeof root !== "object") return;
  for (const [key, value] of Object.entries(root)) {
    if (key === kind) yield value as NonNullable<Tagged[K]>;
    yield* inside(value, kind);
  }
}
