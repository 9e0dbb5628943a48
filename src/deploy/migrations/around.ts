import type { RangeVar } from "libpg-query";
import type { Migration, Statement } from "./parse.ts";
import { type Around, tagged } from "./rule.ts";

/** What the statements of one file are to each other. */
export function aroundOf(migration: Migration, earlier: readonly Migration[]): Around {
  const { statements } = migration;
  const transactions = transactionsOf(migration);
  const madeAt = new Map<string, number>();
  for (const statement of statements) {
    for (const table of makes(statement)) if (!madeAt.has(table)) madeAt.set(table, statement.index);
    const renamed = statement.node.RenameStmt;
    if (renamed?.renameType === "OBJECT_TABLE" && madeAt.has(renamed.relation?.relname ?? ""))
      madeAt.set(renamed.newname ?? "", statement.index);
  }
  return {
    migration,
    earlier: earlier.flatMap((one) => one.statements),
    // By the bare name: whether `shop.orders` and `orders` are the same says only the search path.
    isNew: (table) =>
      table !== undefined && (table.relpersistence === "t" || madeAt.has(table.relname ?? "")),
    transactionOf: (statement) => transactions[statement.index] ?? null,
    before: (statement) => statements.slice(0, statement.index),
  };
}

/** Bare names of the tables that a statement makes. */
function makes({ node }: Statement): string[] {
  const made: (RangeVar | undefined)[] = [
    node.CreateStmt?.relation,
    node.CreateTableAsStmt?.into?.rel,
    node.SelectStmt?.intoClause?.rel,
  ];
  return made.flatMap((table) => table?.relname ?? []);
}

/** The number of each statement's transaction: those that the file begins itself, or the one that the tool wraps around it. */
function transactionsOf({ up, statements }: Migration): readonly (number | null)[] {
  const together = up.sending === "transaction" || (up.sending === "batch" && statements.length > 1);
  const outside = together ? 0 : null;
  let open: number | null = outside;
  let last = 0;
  return statements.map(({ node }) => {
    const kind = node.TransactionStmt?.kind;
    if (kind === "TRANS_STMT_BEGIN" || kind === "TRANS_STMT_START") open = ++last;
    const own = open;
    if (kind === "TRANS_STMT_COMMIT" || kind === "TRANS_STMT_ROLLBACK") open = outside;
    return own;
  });
}

/** A setting that a statement makes, with its value as text: `SET`, `SET LOCAL`, or `set_config`. */
export function setting({ node }: Statement): { name: string; value: string } | undefined {
  const set = node.VariableSetStmt;
  if (set?.kind === "VAR_SET_VALUE") return { name: set.name ?? "", value: literal(set.args?.[0]) };
  const [target] = node.SelectStmt?.targetList ?? [];
  const call = tagged(tagged(target).ResTarget?.val).FuncCall;
  if (tagged(call?.funcname?.at(-1)).String?.sval !== "set_config") return undefined;
  return { name: literal(call?.args?.[0]), value: literal(call?.args?.[1]) };
}

function literal(node: Parameters<typeof tagged>[0]): string {
  const constant = tagged(node).A_Const;
  return constant?.sval?.sval ?? String(constant?.ival?.ival ?? (constant?.ival ? 0 : ""));
}
