import type { RangeVar } from "libpg-query";
import { setting } from "../around.ts";
import type { Statement } from "../parse.ts";
import { type Around, nameOf, type Rule, tagged } from "../rule.ts";

export const lockTimeout: Rule = {
  id: "lock-timeout",
  status: "warn",
  about:
    "A lock on a table in use without `lock_timeout`: while it waits for a long query, everybody waits behind it",
  find(statement, around) {
    const table = locked(statement, around);
    if (table === undefined || isSet(around.before(statement))) return [];
    // Once a file: one line mends all.
    if (around.before(statement).some((other) => locked(other, around) !== undefined)) return [];
    return [
      {
        message: `no lock_timeout: while this waits for a long query on ${nameOf(table)}, every query on it waits behind it`,
        remedy: "SET lock_timeout = '5s'; at the top of the migration, and try again when it is hit",
      },
    ];
  },
};

/** Whether what comes before a statement has set one. */
export function isSet(before: readonly Statement[]): boolean {
  const last = before.map(setting).findLast((set) => set?.name === "lock_timeout");
  return last !== undefined && !/^0\s*(ms|s|min)?$/.test(last.value.trim());
}

/** The table that a statement locks against readers or writers. */
function locked({ node }: Statement, around: Around): RangeVar | undefined {
  const {
    AlterTableStmt: alter,
    IndexStmt: index,
    RenameStmt: renaming,
    DropStmt: drop,
    CreateTrigStmt: trigger,
  } = node;
  const candidates = [
    alter?.relation,
    index?.concurrent ? undefined : index?.relation,
    renaming?.relation,
    trigger?.relation,
    ...(node.TruncateStmt?.relations ?? []).map((relation) => tagged(relation).RangeVar),
    ...(drop?.removeType === "OBJECT_TABLE" ? (drop.objects ?? []).map(dropped) : []),
  ];
  return candidates.find((table) => table !== undefined && !around.isNew(table));
}

function dropped(object: Parameters<typeof tagged>[0]): RangeVar {
  const items = tagged(object).List?.items ?? [];
  return { relname: tagged(items.at(-1)).String?.sval ?? "" };
}
