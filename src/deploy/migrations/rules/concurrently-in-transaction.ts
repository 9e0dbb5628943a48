import { alone } from "../alone.ts";
import type { LayoutName } from "../layout.ts";
import type { Rule } from "../rule.ts";

const ways: Readonly<Record<LayoutName, string>> = {
  plain: "leave out BEGIN and COMMIT around it",
  flyway: "put it into a file of its own; Flyway then leaves the transaction out",
  "golang-migrate": "put it into a file of its own: several statements of a file are one transaction",
  dbmate: "-- migrate:up transaction:false",
  goose: "-- +goose NO TRANSACTION",
  "sql-migrate": "-- +migrate Up notransaction",
  prisma: "put it into a migration of its own: several statements of a file are one transaction",
};

export const concurrentlyInTransaction: Rule = {
  id: "concurrently-in-transaction",
  status: "fail",
  about: "`CONCURRENTLY`, `VACUUM` and the like inside a transaction: PostgreSQL refuses them there",
  find(statement, around) {
    const what = alone(statement);
    if (what === undefined || around.transactionOf(statement) === null) return [];
    const { layout } = around.migration.up;
    // Flyway sees by itself that a lone statement wants no transaction.
    if (layout === "flyway" && around.migration.statements.every((other) => alone(other) !== undefined))
      return [];
    return [
      {
        message: `${what} cannot run inside a transaction: the migration fails here`,
        remedy: ways[layout],
      },
    ];
  },
};
