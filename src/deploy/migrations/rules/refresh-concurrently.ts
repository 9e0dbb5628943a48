import { nameOf, type Rule, sqlName } from "../rule.ts";

export const refreshConcurrently: Rule = {
  id: "refresh-concurrently",
  status: "warn",
  about: "`REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`: nobody can read the view until it ends",
  find({ node }, around) {
    const refresh = node.RefreshMatViewStmt;
    if (!refresh || refresh.concurrent || refresh.skipData || around.isNew(refresh.relation)) return [];
    return [
      {
        message: `REFRESH MATERIALIZED VIEW ${nameOf(refresh.relation)} keeps readers out until it is done`,
        remedy: `REFRESH MATERIALIZED VIEW CONCURRENTLY ${sqlName(refresh.relation)} (it needs a unique index)`,
      },
    ];
  },
};
