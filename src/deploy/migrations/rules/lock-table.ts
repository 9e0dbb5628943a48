import { inside, nameOf, type Rule } from "../rule.ts";

export const lockTable: Rule = {
  id: "lock-table",
  status: "fail",
  about: "`LOCK TABLE`: it is held until the transaction ends",
  find({ node }, around) {
    const lock = node.LockStmt;
    if (!lock) return [];
    // ACCESS SHARE and ROW SHARE are in nobody's way.
    if ((lock.mode ?? 8) <= 2) return [];
    return [...inside(lock, "RangeVar")]
      .filter((table) => !around.isNew(table))
      .map((table) => ({
        message: `LOCK TABLE ${nameOf(table)} keeps others out until the transaction ends`,
        remedy: "leave it out: each statement takes the lock that it needs, for as long as it needs it",
        offset: table.location,
      }));
  },
};
