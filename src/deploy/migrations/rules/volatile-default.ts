import type { Node } from "libpg-query";
import { printable } from "../../../core/text.ts";
import { addedColumn, alterationsOfOld, inside, nameOf, type Rule, typeName, words } from "../rule.ts";

/** Well-known functions that give every row the same value; PostgreSQL computes them once. */
const stable =
  /^(now|current_setting|statement_timestamp|transaction_timestamp|to_timestamp|to_date|to_char|timezone|date_trunc|make_\w+|json\w*_build_\w+|array_fill|md5|lower|upper|concat|coalesce|abs|length|string_to_array|int\dmul|pg_catalog)$/;
const serial = /^(small|big)?serial[248]?$/;

export const volatileDefault: Rule = {
  id: "volatile-default",
  status: "fail",
  about:
    "`ADD COLUMN` with a value that differs from row to row (`random()`, `gen_random_uuid()`, serial, identity, stored): the table is written anew",
  find: (statement, around) =>
    alterationsOfOld(statement, around).flatMap((alteration) => {
      const added = addedColumn(alteration);
      const why = added && reason(added);
      if (!added || why === undefined) return [];
      const name = printable(added.column.colname ?? "", 100);
      return [
        {
          message: `adding ${nameOf(alteration.table)}.${name} with ${why} writes the whole table anew, under a lock that keeps readers and writers out`,
          remedy:
            "add the column without it, set the default in a second statement (ALTER COLUMN … SET DEFAULT), and fill the old rows in batches",
          offset: added.column.location,
          ifRewritten: alteration.table,
        },
      ];
    }),
};

function reason({ column, constraints }: NonNullable<ReturnType<typeof addedColumn>>): string | undefined {
  if (serial.test(typeName(column))) return `the type ${typeName(column)}`;
  if (constraints.some(({ contype }) => contype === "CONSTR_IDENTITY")) return "an identity";
  // Virtual ones are computed when they are read.
  const generated = constraints.find(({ contype }) => contype === "CONSTR_GENERATED");
  if (generated && generated.generated_kind !== "v") return "a stored expression";
  const value = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT")?.raw_expr;
  const called = volatileCall(value);
  return called === undefined ? undefined : `the default ${printable(called, 60)}()`;
}

function volatileCall(value: Node | undefined): string | undefined {
  const calls = [...inside({ value }, "FuncCall")].map(({ funcname }) => words(funcname).at(-1) ?? "");
  return calls.find((name) => !stable.test(name));
}
