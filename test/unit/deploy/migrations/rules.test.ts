import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { upPart } from "../../../../src/deploy/migrations/layout.ts";
import { lint, waive } from "../../../../src/deploy/migrations/lint.ts";
import { parseMigration } from "../../../../src/deploy/migrations/parse.ts";
import { rules } from "../../../../src/deploy/migrations/rules/index.ts";
import { root } from "../../../support/cli.ts";

async function found(sql: string, path = "db/0001_x.sql") {
  const up = upPart(path, sql, false);
  if ("leftOut" in up) throw new Error(up.leftOut);
  const migration = await parseMigration(path, up);
  if ("message" in migration) throw new Error(`${migration.message} in ${sql}`);
  return waive(migration, lint(migration));
}

const fresh = "CREATE TABLE t (a int);";
const began = "BEGIN;";

/** What each rule sees, and what it lets pass. */
const cases: Readonly<Record<string, { bad: readonly string[]; good: readonly string[] }>> = {
  "drop-table": {
    bad: [
      "DROP TABLE t",
      "DROP TABLE IF EXISTS shop.t CASCADE",
      "DROP FOREIGN TABLE t",
      `${fresh} DROP TABLE t, u`,
    ],
    good: [`${fresh} DROP TABLE t`, "CREATE TEMP TABLE t (a int); DROP TABLE t", "DROP INDEX CONCURRENTLY t"],
  },
  "drop-column": {
    bad: ["ALTER TABLE t DROP COLUMN a", "ALTER TABLE IF EXISTS ONLY shop.t ADD b int, DROP a CASCADE"],
    good: [
      `${fresh} ALTER TABLE t DROP COLUMN a`,
      "ALTER TABLE t DROP CONSTRAINT a",
      "ALTER TABLE t ALTER a DROP DEFAULT",
    ],
  },
  "drop-schema": {
    bad: [
      "DROP SCHEMA shop",
      "DROP SCHEMA IF EXISTS shop CASCADE",
      "DROP OWNED BY me",
      "DROP EXTENSION postgis CASCADE",
    ],
    good: ["CREATE SCHEMA shop", "DROP EXTENSION postgis"],
  },
  truncate: {
    bad: ["TRUNCATE t", "TRUNCATE TABLE ONLY shop.t, u RESTART IDENTITY CASCADE"],
    good: [`${fresh} TRUNCATE t`, "DELETE FROM t WHERE a = 1"],
  },
  "delete-without-where": {
    bad: [
      "DELETE FROM t",
      "DELETE FROM t WHERE true",
      "DELETE FROM t WHERE 1 = 1",
      "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
    ],
    good: ["DELETE FROM t WHERE a < 3", `${fresh} DELETE FROM t`, "DELETE FROM t USING u WHERE t.a = u.a"],
  },
  "update-without-where": {
    bad: [
      "UPDATE t SET a = 1",
      "UPDATE t SET a = u.a FROM u",
      "WITH d AS (UPDATE t SET a = 2 RETURNING a) INSERT INTO u SELECT a FROM d",
    ],
    good: [
      "UPDATE t SET a = 1 WHERE a IS NULL",
      `${fresh} UPDATE t SET a = 1`,
      "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
    ],
  },
  irreversible: {
    bad: [
      "ALTER TYPE mood ADD VALUE 'sad'",
      "DROP TABLE t",
      "ALTER TABLE t DROP COLUMN a",
      "DELETE FROM t WHERE a = 1",
    ],
    good: [
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
      `${fresh} DROP TABLE t`,
      "ALTER TABLE t ADD COLUMN a int",
    ],
  },
  rename: {
    bad: [
      "ALTER TABLE t RENAME TO u",
      "ALTER TABLE t RENAME COLUMN a TO b",
      "ALTER TABLE shop.t RENAME a TO b",
      "ALTER TABLE t SET SCHEMA shop",
      "ALTER VIEW v RENAME TO w",
      "ALTER SCHEMA shop RENAME TO store",
    ],
    good: [
      `${fresh} ALTER TABLE t RENAME a TO b`,
      "ALTER INDEX i RENAME TO j",
      "ALTER TABLE t RENAME CONSTRAINT a TO b",
    ],
  },
  "not-null-without-default": {
    bad: ["ALTER TABLE t ADD COLUMN a int NOT NULL", "ALTER TABLE t ADD a text NOT NULL, ADD b int"],
    good: [
      "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0",
      "ALTER TABLE t ADD COLUMN a int",
      `${fresh} ALTER TABLE t ADD COLUMN b int NOT NULL`,
      "CREATE TABLE t (a int NOT NULL)",
      "ALTER TABLE t ADD COLUMN a bigserial NOT NULL",
    ],
  },
  "drop-object": {
    bad: [
      "DROP VIEW v",
      "DROP FUNCTION f(int)",
      "DROP TYPE mood",
      "DROP MATERIALIZED VIEW m",
      "DROP SEQUENCE s",
    ],
    good: [
      "DROP VIEW v; CREATE VIEW v AS SELECT 1",
      "DROP FUNCTION f(int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "DROP TRIGGER x ON t",
    ],
  },
  "alter-column-type": {
    bad: [
      "ALTER TABLE t ALTER COLUMN a TYPE bigint",
      "ALTER TABLE t ALTER a SET DATA TYPE text USING a::text",
    ],
    good: [`${fresh} ALTER TABLE t ALTER COLUMN a TYPE bigint`, "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1"],
  },
  "volatile-default": {
    bad: [
      "ALTER TABLE t ADD COLUMN a float DEFAULT random()",
      "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
      "ALTER TABLE t ADD COLUMN a timestamptz DEFAULT clock_timestamp() + interval '1 day'",
      "ALTER TABLE t ADD COLUMN a bigserial",
      "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY",
      "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b * 2) STORED",
      "ALTER TABLE t ADD COLUMN a int DEFAULT shop.next()",
    ],
    good: [
      "ALTER TABLE t ADD COLUMN a timestamptz DEFAULT now()",
      "ALTER TABLE t ADD COLUMN a timestamptz DEFAULT CURRENT_TIMESTAMP",
      "ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT 'x'",
      "ALTER TABLE t ALTER COLUMN a SET DEFAULT random()",
      `${fresh} ALTER TABLE t ADD COLUMN b bigserial`,
    ],
  },
  "rewrite-table": {
    bad: [
      "VACUUM FULL t",
      "VACUUM (FULL, ANALYZE) t",
      "CLUSTER t USING i",
      "ALTER TABLE t SET TABLESPACE fast",
      "ALTER TABLE t SET UNLOGGED",
    ],
    good: ["VACUUM t", "ANALYZE t", "ALTER TABLE t SET (fillfactor = 70)"],
  },
  "constraint-not-valid": {
    bad: [
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
      "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id)",
      "ALTER TABLE t ADD COLUMN a int CHECK (a > 0)",
      "ALTER TABLE t ADD COLUMN a int DEFAULT 1 REFERENCES u (id)",
    ],
    good: [
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
      "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id) NOT VALID",
      "ALTER TABLE t ADD COLUMN a int REFERENCES u (id)",
      `${fresh} ALTER TABLE t ADD CHECK (a > 0)`,
    ],
  },
  "unique-constraint": {
    bad: [
      "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)",
      "ALTER TABLE t ADD PRIMARY KEY (a)",
      "ALTER TABLE t ADD COLUMN a int UNIQUE",
      "ALTER TABLE t ADD EXCLUDE USING gist (a WITH &&)",
    ],
    good: [
      "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
      `${fresh} ALTER TABLE t ADD UNIQUE (a)`,
      "CREATE TABLE t (a int UNIQUE)",
    ],
  },
  "set-not-null": {
    bad: [
      "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t ALTER a SET NOT NULL",
      "ALTER TABLE t ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL",
    ],
    good: [
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL",
      "ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT c",
      `${fresh} ALTER TABLE t ALTER a SET NOT NULL`,
      "ALTER TABLE t ALTER a DROP NOT NULL",
    ],
  },
  "index-concurrently": {
    bad: [
      "CREATE INDEX i ON t (a)",
      "CREATE UNIQUE INDEX IF NOT EXISTS i ON shop.t (lower(a))",
      "DROP INDEX i",
      "REINDEX TABLE t",
    ],
    good: [
      "CREATE INDEX CONCURRENTLY i ON t (a)",
      `${fresh} CREATE INDEX i ON t (a)`,
      "CREATE TABLE IF NOT EXISTS shop.t (a int); CREATE INDEX ON t (a)",
      "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX ON m (a)",
      `${fresh} CREATE INDEX i ON t (a); DROP INDEX i`,
      "DROP INDEX CONCURRENTLY i",
      "REINDEX TABLE CONCURRENTLY t",
    ],
  },
  "refresh-concurrently": {
    bad: ["REFRESH MATERIALIZED VIEW m"],
    good: ["REFRESH MATERIALIZED VIEW CONCURRENTLY m", "REFRESH MATERIALIZED VIEW m WITH NO DATA"],
  },
  "lock-table": {
    bad: ["LOCK TABLE t", "LOCK t IN SHARE ROW EXCLUSIVE MODE"],
    good: ["LOCK t IN ACCESS SHARE MODE", `${fresh} LOCK t`],
  },
  "lock-timeout": {
    bad: [
      "ALTER TABLE t ADD COLUMN a int",
      "SET lock_timeout = 0; ALTER TABLE t ADD COLUMN a int",
      "SET statement_timeout = '5s'; ALTER TABLE t ADD COLUMN a int",
      "ALTER TABLE t ADD COLUMN a int; SET lock_timeout = '5s'",
      "CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ],
    good: [
      "SET lock_timeout = '5s'; ALTER TABLE t ADD COLUMN a int",
      "SET LOCAL lock_timeout TO 5000; ALTER TABLE t ADD COLUMN a int",
      "SELECT set_config('lock_timeout', '5s', true); ALTER TABLE t ADD COLUMN a int",
      fresh,
      `${fresh} ALTER TABLE t ADD b int`,
      "CREATE INDEX CONCURRENTLY i ON t (a)",
    ],
  },
  "validate-apart": {
    bad: [
      `${began} ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; COMMIT`,
    ],
    good: [
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c",
      `${began} ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; COMMIT; BEGIN; ALTER TABLE t VALIDATE CONSTRAINT c; COMMIT`,
    ],
  },
  "concurrently-in-transaction": {
    bad: [
      `${began} CREATE INDEX CONCURRENTLY i ON t (a); COMMIT`,
      "START TRANSACTION; VACUUM t",
      `${began} DROP INDEX CONCURRENTLY i; END`,
    ],
    good: [
      "CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1",
      `${began} SELECT 1; COMMIT; CREATE INDEX CONCURRENTLY i ON t (a)`,
    ],
  },
  "outside-database": {
    bad: [
      "CREATE DATABASE x",
      "DROP DATABASE x",
      "ALTER SYSTEM SET work_mem = '1GB'",
      "COPY t FROM PROGRAM 'ls'",
      "COPY t TO '/tmp/x'",
    ],
    good: ["COPY t FROM STDIN", "CREATE ROLE x", "SET work_mem = '1GB'"],
  },
  opaque: {
    bad: ["DO $$ BEGIN NULL; END $$", "CALL f()"],
    good: ["SELECT f()", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
  },
};

describe("the rules for migrations", () => {
  it("have cases of both sorts, every one of them", () => {
    expect(Object.keys(cases).sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  describe.each(Object.entries(cases))("%s", (id, { bad, good }) => {
    it.each(bad)("objects to %s", async (sql) => {
      const own = (await found(sql)).filter(({ check }) => check === `migration.${id}`);
      expect(own.length).toBeGreaterThan(0);
      for (const { status, message, remedy, location } of own) {
        expect(["fail", "warn", "notice"]).toContain(status);
        expect(message).toMatch(/^db\/0001_x\.sql:1:\d+: .{20,}/);
        expect(remedy?.length).toBeGreaterThan(10);
        expect(location).toMatchObject({ file: "db/0001_x.sql", line: 1 });
      }
    });

    it.each(good)("has nothing against %s", async (sql) => {
      const own = (await found(sql)).filter(({ check }) => check === `migration.${id}`);
      expect(own).toEqual([]);
    });
  });

  it("are on the page about migrations, word for word", () => {
    const page = readFileSync(join(root, "docs/how-to/migrations.md"), "utf8");
    for (const { id, status, about } of rules) expect(page).toContain(`| \`${id}\` | ${status} | ${about} |`);
  });

  it("have nothing at all against a careful migration", async () => {
    const careful = [
      "SET lock_timeout = '5s';",
      "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric NOT NULL CHECK (total >= 0));",
      "CREATE INDEX ON orders (total);",
      "ALTER TABLE users ADD COLUMN nickname text;",
      "ALTER TABLE users ADD CONSTRAINT short CHECK (length(nickname) < 50) NOT VALID;",
      "UPDATE users SET nickname = name WHERE nickname IS NULL AND id < 1000;",
    ];
    expect(await found(careful.join("\n"))).toEqual([]);
  });

  it.each([
    ["CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1", "db/1_x.up.sql", true],
    ["CREATE INDEX CONCURRENTLY i ON t (a)", "db/1_x.up.sql", false],
    ["CREATE INDEX CONCURRENTLY i ON t (a)", "db/V1__x.sql", false],
    ["CREATE INDEX CONCURRENTLY i ON t (a); CREATE TABLE u (a int)", "db/V1__x.sql", true],
    ["-- migrate:up\nCREATE INDEX CONCURRENTLY i ON t (a)", "db/1_x.sql", true],
    ["-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON t (a)", "db/1_x.sql", false],
    ["-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (a)", "db/1_x.sql", false],
    ["-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (a)", "db/1_x.sql", true],
    ["-- +migrate Up notransaction\nVACUUM t", "db/1_x.sql", false],
  ])("know how the tool sends a file: %s as %s", async (sql, path, objected) => {
    const checks = (await found(sql, path)).map(({ check }) => check);
    expect(checks.includes("migration.concurrently-in-transaction")).toBe(objected);
  });

  it.each([
    ["-- migrate:up\nSELECT 1\n-- migrate:down\nSELECT 2", "db/1_x.sql", false],
    ["-- migrate:up\nSELECT 1;\n-- migrate:down\n-- nothing", "db/1_x.sql", true],
    ["SELECT 1", "db/1_x.up.sql", true],
    ["SELECT 1", "db/V1__x.sql", false],
    ["SELECT 1", "db/1.sql", false],
  ])("miss a way back where the tool knows one: %s as %s", async (sql, path, missed) => {
    const checks = (await found(sql, path)).map(({ check }) => check);
    expect(checks.includes("migration.irreversible")).toBe(missed);
  });

  it("name the place of the very part that they object to", async () => {
    const sql = "-- é😀\nALTER TABLE t\n  ADD COLUMN ok int,\n  ADD COLUMN é😀 int DEFAULT random();";
    const [rewrite] = (await found(sql)).filter(({ check }) => check === "migration.volatile-default");
    expect(rewrite?.location).toEqual({ file: "db/0001_x.sql", line: 4, column: 14 });
  });
});

describe("a comment that allows a rule", () => {
  const allowing = "-- release-sentinel: allow drop-table nobody reads it since v1.3";

  it.each([
    [`${allowing}\nDROP TABLE t;`],
    [`SELECT 1;\n${allowing}\n\n-- and more\nDROP TABLE t`],
    [`DROP TABLE t; ${allowing}`],
    [`DROP TABLE ${allowing}\n t`],
    ["/* release-sentinel: allow drop-table nobody reads it */ DROP TABLE t"],
  ])("waives it for its statement, and is shown: %s", async (sql) => {
    const all = await found(sql);
    const dropped = all.find(({ check }) => check === "migration.drop-table");
    expect(dropped?.status).toBe("waived");
    expect(dropped?.details?.[0]).toMatch(/^allowed in line \d: nobody reads it/);
    expect(all.some(({ check }) => check === "migration.allow")).toBe(false);
  });

  it.each([
    [`${allowing}\nDROP TABLE t; DROP TABLE u;`, "u"],
    [`DROP TABLE u;\n${allowing}\nDROP TABLE t;`, "u"],
    ["-- release-sentinel: allow drop-column it is not that\nDROP TABLE u", "u"],
    ["-- release-sentinel: allow drop-table\nDROP TABLE u", "u"],
    ["-- release-sentinel: allow drop-tabel a slip\nDROP TABLE u", "u"],
    ["SELECT '-- release-sentinel: allow drop-table in a text'; DROP TABLE u", "u"],
  ])("waives nothing else: %s", async (sql, table) => {
    const failed = (await found(sql)).filter(({ status }) => status === "fail");
    expect(failed.map(({ message }) => message)).toEqual([expect.stringContaining(`DROP TABLE ${table} `)]);
  });

  it.each([
    ["-- release-sentinel: allow drop-tabel a slip\nSELECT 1", "warn", "did you mean drop-table?"],
    ["-- release-sentinel: allow drop-table\nDROP TABLE t", "warn", "WHY"],
    ["-- release-sentinel: allow drop-table it was there once\nSELECT 1", "notice", "remove"],
    ["SELECT 1;\n-- release-sentinel: allow drop-table at the end", "notice", "remove"],
    ["-- release-sentinel: allow\nSELECT 1", "warn", "one of"],
  ])("that allows nothing is said: %s", async (sql, status, remedy) => {
    const said = (await found(sql)).find(({ check }) => check === "migration.allow");
    expect(said).toMatchObject({ status, remedy: expect.stringContaining(remedy) });
  });
});
