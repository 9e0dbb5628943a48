import type { Rule } from "../rule.ts";
import { alterColumnType } from "./alter-column-type.ts";
import { concurrentlyInTransaction } from "./concurrently-in-transaction.ts";
import { constraintNotValid } from "./constraint-not-valid.ts";
import { dropColumn } from "./drop-column.ts";
import { dropObject } from "./drop-object.ts";
import { dropSchema } from "./drop-schema.ts";
import { dropTable } from "./drop-table.ts";
import { indexConcurrently } from "./index-concurrently.ts";
import { irreversible } from "./irreversible.ts";
import { lockTable } from "./lock-table.ts";
import { lockTimeout } from "./lock-timeout.ts";
import { notNullWithoutDefault } from "./not-null-without-default.ts";
import { opaque } from "./opaque.ts";
import { outsideDatabase } from "./outside-database.ts";
import { refreshConcurrently } from "./refresh-concurrently.ts";
import { rename } from "./rename.ts";
import { rewriteTable } from "./rewrite-table.ts";
import { setNotNull } from "./set-not-null.ts";
import { truncate } from "./truncate.ts";
import { uniqueConstraint } from "./unique-constraint.ts";
import { validateApart } from "./validate-apart.ts";
import { volatileDefault } from "./volatile-default.ts";
import { deleteWithoutWhere, updateWithoutWhere } from "./without-where.ts";

/** Every rule, in the order of the documentation. */
export const rules: readonly Rule[] = [
  // Data that is gone.
  dropTable,
  dropColumn,
  dropSchema,
  truncate,
  deleteWithoutWhere,
  updateWithoutWhere,
  irreversible,
  // The old version on the new schema.
  rename,
  notNullWithoutDefault,
  dropObject,
  // Tables that are written anew.
  alterColumnType,
  volatileDefault,
  rewriteTable,
  // Locks that are held for long.
  constraintNotValid,
  uniqueConstraint,
  setNotNull,
  indexConcurrently,
  refreshConcurrently,
  lockTable,
  lockTimeout,
  validateApart,
  // What fails, or reaches too far.
  concurrentlyInTransaction,
  outsideDatabase,
  opaque,
];
