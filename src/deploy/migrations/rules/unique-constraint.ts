import type { Constraint } from "libpg-query";
import { addedColumn, alterationsOfOld, nameOf, type Rule, sqlName, tagged } from "../rule.ts";

const kinds: Readonly<Record<string, string>> = {
  CONSTR_UNIQUE: "UNIQUE",
  CONSTR_PRIMARY: "PRIMARY KEY",
  CONSTR_EXCLUSION: "EXCLUDE",
};

/** Constraints that build an index under their lock. */
export const uniqueConstraint: Rule = {
  id: "unique-constraint",
  status: "fail",
  about:
    "`ADD UNIQUE`, `PRIMARY KEY`, `EXCLUDE` without `USING INDEX`: the index is built while nobody can use the table",
  find: (statement, around) =>
    alterationsOfOld(statement, around).flatMap((alteration) => {
      const { command, table } = alteration;
      const own = command.subtype === "AT_AddConstraint" ? tagged(command.def).Constraint : undefined;
      const all: readonly Constraint[] = own ? [own] : (addedColumn(alteration)?.constraints ?? []);
      return all.flatMap(({ contype, indexname, location }) => {
        const kind = kinds[contype ?? ""];
        if (kind === undefined || indexname) return [];
        return [
          {
            message: `ADD ${kind} on ${nameOf(table)} builds an index under a lock that keeps readers and writers out`,
            remedy:
              kind === "EXCLUDE"
                ? "there is no way without the lock: do it in an announced window, with a short lock_timeout"
                : `CREATE UNIQUE INDEX CONCURRENTLY NAME ON ${sqlName(table)} (…); then ALTER TABLE ${sqlName(table)} ADD CONSTRAINT NAME ${kind} USING INDEX NAME`,
            offset: location,
          },
        ];
      });
    }),
};
