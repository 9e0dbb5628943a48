import { printable } from "../../../core/text.ts";
import type { Statement } from "../parse.ts";
import { type Around, type Hit, nameOf, quoted, type Rule, sqlName, tagged, words } from "../rule.ts";

export const indexConcurrently: Rule = {
  id: "index-concurrently",
  status: "fail",
  about:
    "`CREATE INDEX`, `DROP INDEX`, `REINDEX` without `CONCURRENTLY`: nobody can write to the table until it ends",
  find: (statement, around) => [
    ...created(statement, around),
    ...dropped(statement, around),
    ...rebuilt(statement),
  ],
};

function created({ node }: Statement, around: Around): Hit[] {
  const index = node.IndexStmt;
  if (!index || index.concurrent || around.isNew(index.relation)) return [];
  const unique = index.unique ? "UNIQUE " : "";
  const name = index.idxname ? `${quoted(index.idxname)} ` : "";
  return [
    {
      message: `CREATE INDEX on ${nameOf(index.relation)} keeps everybody from writing to the table until it is built`,
      remedy: `CREATE ${unique}INDEX CONCURRENTLY ${name}ON ${sqlName(index.relation)} …, in a migration without a transaction`,
      offset: index.relation?.location,
    },
  ];
}

function dropped(statement: Statement, around: Around): Hit[] {
  const drop = statement.node.DropStmt;
  if (drop?.removeType !== "OBJECT_INDEX" || drop.concurrent) return [];
  const own = new Set(around.before(statement).flatMap(({ node }) => node.IndexStmt?.idxname ?? []));
  return (drop.objects ?? [])
    .map((object) => words([object]))
    .filter((name) => !own.has(name.at(-1) ?? ""))
    .map((name) => ({
      message: `DROP INDEX ${printable(name.join("."), 150)} waits for every query on its table, and everybody waits behind it`,
      remedy: `DROP INDEX CONCURRENTLY ${name.map((part) => quoted(part)).join(".")}, in a migration without a transaction`,
    }));
}

function rebuilt({ node }: Statement): Hit[] {
  const reindex = node.ReindexStmt;
  if (!reindex || reindex.params?.some((param) => tagged(param).DefElem?.defname === "concurrently"))
    return [];
  const name = nameOf(reindex.relation) || printable(reindex.name ?? "", 100);
  return [
    {
      message: `REINDEX ${name} keeps everybody from writing, and from reading by that index, until it is built`,
      remedy: "REINDEX … CONCURRENTLY, outside of a transaction",
    },
  ];
}
