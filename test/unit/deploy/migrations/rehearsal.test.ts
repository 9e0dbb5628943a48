import { expect, it } from "vitest";
import { type TestPostgres, withPostgres } from "../../../support/postgres.ts";
import { bad, check, quiet, told } from "./checked.ts";

withPostgres("a rehearsal", (server: TestPostgres) => {
  const schema = `CREATE TABLE users (id bigserial PRIMARY KEY, name varchar(10), born date);
    CREATE INDEX by_name ON users (name); CREATE TYPE mood AS ENUM ('ok');
    INSERT INTO users (name) VALUES ('a'), ('b'), (NULL);`;
  const everything = `SELECT string_agg(x, ',' ORDER BY x) FROM (
    SELECT c.oid || ':' || c.relfilenode AS x FROM pg_class c WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT attrelid || '.' || attname || attnum FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 'row' || u::text FROM users u UNION ALL SELECT 'enum' || enumlabel FROM pg_enum) AS all_of_it`;
  const copies = "SELECT count(*) FROM pg_database WHERE datname LIKE 'release_sentinel%'";

  function shadow(): { url: string; name: string; same(): void } {
    const name = server.database();
    server.sql(schema, name);
    const before = server.sql(everything, name);
    return {
      name,
      url: server.url("", name),
      same: () => {
        expect(server.sql(everything, name)).toBe(before);
        expect(server.sql(copies)).toBe("0");
      },
    };
  }

  it("applies in a transaction, and leaves nothing", async () => {
    const { url, same } = shadow();
    const findings = await check(
      {
        "1.sql": `${quiet}BEGIN; ALTER TABLE users ADD COLUMN age int; COMMIT;\nUPDATE users SET age = 3 WHERE id = 1;`,
        "2.sql": `${quiet}ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID;`,
      },
      url,
    );
    expect(bad(findings)).toEqual([]);
    expect(told(findings)).toContain(
      "ok rehearsal 1.sql: 5 statements applied on the shadow database, and rolled back",
    );
    expect(findings.flatMap(({ details = [] }) => details)).toContain("line 2: AccessExclusiveLock on users");
    same();
  });

  it.each([
    [
      "a column that is not there",
      "SELECT 1;\nUPDATE users\n SET é = 1 WHERE id = 1;",
      "1.sql:3:6: fails",
      "42703",
    ],
    [
      "rows that stand against it",
      "ALTER TABLE users ADD CONSTRAINT c CHECK (name <> 'a')",
      "1.sql:1:1: fails",
      "23514",
    ],
    ["what is there already", "CREATE TABLE users (a int)", "1.sql:1:1: fails", "42P07"],
    [
      "a failing block",
      "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$",
      "1.sql:1:1: fails on the shadow database: no",
      "P0001",
    ],
  ])("finds %s, with its place", async (_, sql, begin, code) => {
    const { url, same } = shadow();
    const findings = await check({ "1.sql": sql, "2.sql": "SELECT 1" }, url);
    const [failed] = findings.filter(
      ({ check, status }) => check === "migration.rehearsal" && status === "fail",
    );
    expect(failed?.message).toMatch(new RegExp(`^${begin}.*\\(SQLSTATE ${code}\\)$`));
    expect(failed?.message).not.toContain("Failing row");
    expect(told(findings)).toContain(
      "skipped rehearsal 2.sql: not tried out, since one before it did not come to its end",
    );
    same();
  });

  it.each([
    [
      "CREATE INDEX CONCURRENTLY",
      "CREATE INDEX CONCURRENTLY born ON users (born);\nDROP INDEX CONCURRENTLY by_name; VACUUM users;",
    ],
    [
      "a new value that is used at once",
      "ALTER TYPE mood ADD VALUE 'sad'; CREATE TABLE m (m mood DEFAULT 'sad');",
    ],
    [
      "a procedure that commits",
      "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$; CALL p();",
    ],
    ["a roll back of its own", "BEGIN; DELETE FROM users WHERE id = 1; ROLLBACK; SELECT 1;"],
  ])("uses a copy for %s, and drops it", async (_, sql) => {
    const { url, same } = shadow();
    const findings = await check({ "1.sql": quiet + sql }, url);
    expect(bad(findings)).toEqual([]);
    expect(told(findings).at(-1)).toContain(
      "applied on a copy of the shadow database, which is dropped again",
    );
    same();
  });

  it.each([
    ["-- migrate:up\nCREATE INDEX CONCURRENTLY i ON users (born); SELECT 1;", "1_x.sql"],
    ["CREATE INDEX CONCURRENTLY i ON users (born); SELECT 1;", "1_x.up.sql"],
    ["BEGIN; CREATE INDEX CONCURRENTLY i ON users (born); COMMIT;", "1.sql"],
  ])("fails as the tool would, on the copy too: %s as %s", async (sql, name) => {
    const { url, same } = shadow();
    const checks = bad(await check({ [name]: sql }, url)).map(({ check }) => check);
    expect(checks).toEqual(["migration.concurrently-in-transaction", "migration.rehearsal"]);
    same();
  });

  it("drops its copy when the migration fails on it", async () => {
    const { url, same } = shadow();
    const findings = await check({ "1.sql": "CREATE INDEX CONCURRENTLY i ON users (nothing)" }, url);
    expect(bad(findings)).toMatchObject([{ message: expect.stringContaining("42703") }]);
    same();
  });

  it("drops the copies that others have left, once they are old", async () => {
    const { url } = shadow();
    const young = `release_sentinel_scratch_${Math.floor(Date.now() / 1000) - 60}_00`;
    server.sql("CREATE DATABASE release_sentinel_scratch_1000_00");
    server.sql(`CREATE DATABASE ${young}`);
    await check({ "1.sql": "CREATE INDEX CONCURRENTLY i ON users (born)" }, url);
    expect(server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'release_sentinel%'")).toBe(young);
    server.sql(`DROP DATABASE ${young}`);
  });

  it("never runs what reaches beyond the database", async () => {
    const { url, same } = shadow();
    const findings = await check(
      {
        "1.sql":
          "CREATE DATABASE escaped; ALTER SYSTEM SET work_mem = '1GB'; COPY users TO PROGRAM 'cat'; PREPARE TRANSACTION 'x';",
      },
      url,
    );
    expect(
      findings.filter(({ check, status }) => check === "migration.rehearsal" && status === "notice").length,
    ).toBe(4);
    expect(bad(findings).every(({ check }) => check === "migration.outside-database")).toBe(true);
    expect(server.sql("SELECT count(*) FROM pg_database WHERE datname = 'escaped'")).toBe("0");
    same();
  });

  it("makes roles only where they are rolled back", async () => {
    const { url, same } = shadow();
    const role = "CREATE ROLE escaped; GRANT SELECT ON users TO escaped;";
    expect(bad(await check({ "1.sql": role }, url))).toEqual([]);
    const onCopy = await check({ "1.sql": "CREATE ROLE escaped; VACUUM users;" }, url);
    expect(told(onCopy)).toContainEqual(expect.stringContaining("a change of roles was not tried out"));
    expect(server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'escaped'")).toBe("0");
    same();
  });

  it("acquits a change of type that writes nothing anew, and no other", async () => {
    const { url, same } = shadow();
    const wider = await check(
      { "1.sql": `${quiet}ALTER TABLE users ALTER COLUMN name TYPE varchar(50);` },
      url,
    );
    expect(bad(wider)).toEqual([]);
    expect(wider.find(({ check }) => check === "migration.alter-column-type")).toMatchObject({
      status: "notice",
      details: ["the rehearsal has shown that the table is not written anew"],
    });
    const other = await check({ "1.sql": `${quiet}ALTER TABLE users ALTER COLUMN name TYPE char(50);` }, url);
    expect(bad(other).map(({ check }) => check)).toEqual(["migration.alter-column-type"]);
    same();
  });

  it.each([
    ["drop-table", "fail", "DO $$ BEGIN DROP TABLE users; END $$"],
    ["drop-column", "fail", "DO $$ BEGIN ALTER TABLE users DROP COLUMN born; END $$"],
    ["rename", "fail", "DO $$ BEGIN ALTER TABLE users RENAME TO people; END $$"],
    ["rename", "fail", "DO $$ BEGIN ALTER TABLE users RENAME born TO birthday; END $$"],
    [
      "delete-without-where",
      "fail",
      "CREATE FUNCTION z() RETURNS void LANGUAGE sql AS 'DELETE FROM users'; SELECT z()",
    ],
    ["update-without-where", "fail", "DO $$ BEGIN UPDATE users SET name = NULL; END $$"],
    ["irreversible", "warn", "DO $$ BEGIN DELETE FROM users WHERE id = 1; END $$"],
    ["lock-timeout", "warn", "DO $$ BEGIN ALTER TABLE users ADD COLUMN x int; END $$"],
  ])("sees what a block or a function does that nobody can read: %s", async (rule, status, sql) => {
    const { url, same } = shadow();
    const findings = await check({ "1.sql": sql }, url);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: `migration.${rule}`,
        status,
        message: expect.stringContaining("on the shadow database this "),
      }),
    );
    same();
  });

  it("has nothing against a block that makes, fills and drops what is its own", async () => {
    const { url, same } = shadow();
    const block =
      "CREATE TABLE t (a int); DO $$ BEGIN INSERT INTO t VALUES (1), (2); DELETE FROM t; DROP TABLE t; END $$";
    expect(told(await check({ "1.sql": block }, url)).filter((one) => /^(fail|warn)/.test(one))).toEqual([]);
    same();
  });

  it("lets SET NOT NULL pass on a check that an earlier file, or the shadow, has validated", async () => {
    const files = {
      "1.sql": `${quiet}ALTER TABLE users ADD CONSTRAINT c CHECK (id IS NOT NULL) NOT VALID`,
      "2.sql": `${quiet}ALTER TABLE users VALIDATE CONSTRAINT c`,
      "3.sql": `${quiet}ALTER TABLE users ALTER id SET NOT NULL; ALTER TABLE users DROP CONSTRAINT c`,
    };
    expect(bad(await check(files, null, { lintOnly: true }))).toEqual([]);
    const { url, name } = shadow();
    server.sql("ALTER TABLE users ADD CONSTRAINT known CHECK (id IS NOT NULL)", name);
    const alone = { "3.sql": `${quiet}ALTER TABLE users ALTER id SET NOT NULL` };
    expect(bad(await check(alone, url))).toEqual([]);
    server.sql("ALTER TABLE users DROP CONSTRAINT known", name);
    expect(bad(await check(alone, url))).toMatchObject([{ check: "migration.set-not-null" }]);
  });

  it("sees what a block rewrites that no rule can read, and lets a comment allow it", async () => {
    const { url, same } = shadow();
    const block = "DO $$ BEGIN EXECUTE 'ALTER TABLE users ALTER name TYPE char(9)'; END $$";
    const findings = await check({ "1.sql": block }, url);
    expect(bad(findings)).toMatchObject([
      { check: "migration.rewrite-table", message: expect.stringContaining("wrote users anew") },
    ]);
    const allowed = await check(
      { "1.sql": `-- release-sentinel: allow rewrite-table it is small\n${block}` },
      url,
    );
    expect(bad(allowed)).toEqual([]);
    same();
  });

  it("leaves out what the tools' own tables have already", async () => {
    const { url, name } = shadow();
    server.sql(
      `CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (2, false);
       CREATE SCHEMA fly; CREATE TABLE fly.flyway_schema_history (version text, success boolean);
       INSERT INTO fly.flyway_schema_history VALUES ('1', true), ('1.1', true), ('2', false), (NULL, true);`,
      name,
    );
    const table = (n: number) => `${quiet}CREATE TABLE users${n} (a int);`;
    const findings = await check(
      {
        "1_a.up.sql": "DROP TABLE gone",
        "1_a.down.sql": "",
        "02_b.up.sql": "DROP TABLE gone",
        "02_b.down.sql": "",
        "10_c.up.sql": table(10),
        "10_c.down.sql": "SELECT 1",
        "V1__x.sql": "DROP TABLE gone",
        "V1_1__x.sql": "DROP TABLE gone",
        "V2__x.sql": table(2),
        "R__view.sql": "SELECT 1",
      },
      url,
    );
    expect(bad(findings)).toEqual([]);
    expect(findings.find(({ check }) => check === "migration.pending")).toMatchObject({
      status: "notice",
      details: ["1_a.up.sql", "02_b.up.sql", "V1__x.sql", "V1_1__x.sql"],
    });
  });

  it("knows rows of its own tool's table only", async () => {
    const { url, name } = shadow();
    server.sql(
      "CREATE TABLE schema_migrations (version varchar); INSERT INTO schema_migrations VALUES ('20240101')",
      name,
    );
    const mate = "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;";
    const findings = await check(
      { "20240101_a.sql": mate, "20240202_b.sql": mate, "1_c.up.sql": "SELECT 1" },
      url,
    );
    expect(findings.find(({ check }) => check === "migration.pending")?.details).toEqual(["20240101_a.sql"]);
  });

  it("runs older ones first on an empty shadow, and judges the new ones alone", async () => {
    const name = server.database();
    const files = {
      "1.sql": "CREATE TABLE t (id int); CREATE TABLE u (id int); CREATE INDEX CONCURRENTLY i ON t (id);",
      "2.sql": "DROP TABLE u; ALTER TABLE t ADD COLUMN a int NOT NULL;",
      "3.sql": `${quiet}ALTER TABLE t ADD COLUMN b int; CREATE INDEX on_b ON t (b);`,
    };
    const findings = await check(files, server.url("", name), { changed: (path) => path === "3.sql" });
    expect(bad(findings).map(({ check }) => check)).toEqual(["migration.index-concurrently"]);
    expect(told(findings)).toContain(
      "notice pending 2 older migrations not judged, but run first: the shadow database lacks what they made",
    );
    expect(
      server.sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", name),
    ).toBe("0");
    const broken = await check({ ...files, "2.sql": "DROP TABLE gone" }, server.url("", name), {
      changed: (path) => path === "3.sql",
    });
    expect(told(broken)).toContainEqual(
      expect.stringMatching(/^fail rehearsal 2\.sql:1:1: fails on the shadow/),
    );
    expect(told(broken)).toContainEqual(expect.stringMatching(/^skipped rehearsal 3\.sql/));
  });

  it("takes older ones to be there on a shadow that has a schema", async () => {
    const { url, same } = shadow();
    const files = {
      "1.sql": "CREATE TABLE users (id int)",
      "2.sql": `${quiet}ALTER TABLE users ADD COLUMN b int;`,
    };
    const findings = await check(files, url, { changed: (path) => path === "2.sql" });
    expect(bad(findings)).toEqual([]);
    expect(told(findings)).toContain(
      "notice pending 1 older migration not judged: what they made is taken to be there",
    );
    same();
  });

  it("finds what is only checked when a transaction ends", async () => {
    const { url, same } = shadow();
    const deferred =
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (1);";
    const violated = expect.stringContaining("23503");
    expect(bad(await check({ "1.sql": deferred }, url))).toMatchObject([
      { status: "fail", message: violated },
    ]);
    const wrapped = `-- migrate:up\n${deferred} ALTER TYPE mood ADD VALUE 'x'; CREATE TABLE m (m mood DEFAULT 'x');`;
    expect(bad(await check({ "1_a.sql": wrapped }, url))[0]).toMatchObject({ status: "fail" });
    same();
  });

  it("says when nothing is pending", async () => {
    const { url, name } = shadow();
    server.sql(
      "CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (9, false)",
      name,
    );
    expect(told(await check({ "1_a.up.sql": "DROP TABLE users" }, url))).toContain(
      "ok pending no migration is pending",
    );
  });

  it.each([
    [
      "a wrong password",
      (url: string) => url.replace(server.password, "wrong-one"),
      "password authentication failed",
    ],
    ["no such database", (url: string) => `${url}_gone`, "does not exist"],
  ])("gives no answer with %s, and tells no password", async (_, change, words) => {
    const { url } = shadow();
    const findings = await check({ "1.sql": "SELECT 1" }, change(url));
    expect(bad(findings)).toMatchObject([{ status: "unknown", message: expect.stringContaining(words) }]);
    expect(JSON.stringify(findings)).not.toMatch(new RegExp(`${server.password}|wrong-one`));
  });

  it("gives no answer where others lock the shadow, or are connected while it is to be copied", async () => {
    const { url, name } = shadow();
    const { Client } = await import("pg");
    const other = new Client({ connectionString: url });
    await other.connect();
    try {
      await other.query("BEGIN; LOCK TABLE users");
      const locked = await check({ "1.sql": `${quiet}ALTER TABLE users ADD COLUMN x int` }, url);
      expect(bad(locked)).toMatchObject([
        { status: "unknown", message: expect.stringContaining("lock timeout") },
      ]);
      const copied = await check({ "1.sql": "VACUUM users" }, url);
      expect(bad(copied)).toMatchObject([
        { status: "unknown", message: expect.stringContaining("cannot be copied") },
      ]);
    } finally {
      await other.end();
    }
    expect(server.sql("SELECT count(*) FROM users", name)).toBe("3");
  });

  it("ends at once when it is interrupted, and leaves nothing", async () => {
    const { url, same } = shadow();
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = check(
      { "1.sql": "CREATE INDEX CONCURRENTLY i ON users (born); SELECT pg_sleep(60);" },
      url,
      { signal: controller.signal },
    );
    const active =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
    while (server.sql(active) === "0") await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    same();
  });
});
