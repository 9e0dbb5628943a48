import { alterationsOfOld, nameOf, type Rule, tagged } from "../rule.ts";

const how: Readonly<Record<string, string>> = {
  AT_SetTableSpace: "SET TABLESPACE",
  AT_SetLogged: "SET LOGGED",
  AT_SetUnLogged: "SET UNLOGGED",
  AT_SetAccessMethod: "SET ACCESS METHOD",
};
const remedy =
  "do it outside of the deploy, in an announced window, or with pg_repack, which keeps the table in use";

export const rewriteTable: Rule = {
  id: "rewrite-table",
  status: "fail",
  about:
    "`VACUUM FULL`, `CLUSTER`, `SET TABLESPACE`, `SET (UN)LOGGED`: the table is written anew while nobody can use it",
  find(statement, around) {
    const { VacuumStmt: vacuum, ClusterStmt: cluster } = statement.node;
    const full = vacuum?.options?.some((option) => tagged(option).DefElem?.defname === "full");
    if (full) return [{ message: said("VACUUM FULL", "every table that it names"), remedy }];
    if (cluster)
      return [{ message: said("CLUSTER", nameOf(cluster.relation) || "every clustered table"), remedy }];
    return alterationsOfOld(statement, around).flatMap(({ table, command }) => {
      const word = how[command.subtype ?? ""];
      return word === undefined ? [] : [{ message: said(word, nameOf(table)), remedy }];
    });
  },
};

function said(word: string, table: string): string {
  return `${word} writes ${table} anew, under a lock that keeps readers and writers out`;
}
