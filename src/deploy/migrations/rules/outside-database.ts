import { outside } from "../outside.ts";
import type { Rule } from "../rule.ts";

export const outsideDatabase: Rule = {
  id: "outside-database",
  status: "fail",
  about:
    "`CREATE`/`DROP DATABASE`, `ALTER SYSTEM`, tablespaces, subscriptions, `COPY` with a file or program: more than this database changes",
  find(statement) {
    const what = outside(statement);
    return what === undefined || what.isRole
      ? []
      : [
          {
            message: `${what.name} reaches beyond this database, and no rehearsal can take it back`,
            remedy: "do it with what sets up your servers, not in a migration",
          },
        ];
  },
};
