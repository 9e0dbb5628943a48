import { describe, expect, it } from "vitest";
import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import type { LedgerStore } from "../../../../src/clients/ledger/store.ts";
import { verifyChain } from "../../../../src/ledger/verify.ts";
import { event, linesOf, never, writer } from "../../../support/ledger.ts";
import { type TestPostgres, withPostgres } from "../../../support/postgres.ts";

const anyone = { keys: [], anchors: [] };

function storeAt(url: string): LedgerStore {
  return createPostgresStore({ url, env: {}, project: async () => "example.com/a", addSecret: () => {} });
}

/** A ledger of three entries in a database of its own. */
async function three(server: TestPostgres) {
  const database = server.database();
  const url = server.url("", database);
  const store = storeAt(url);
  for (const environment of ["dev", "stage", "prod"])
    await writer(store).record(event({ environment }), never);
  const sql = (statements: string) => server.sql(statements, database);
  /** As one who owns the tables, and means harm. */
  const harm = (statements: string) =>
    sql(
      `ALTER TABLE release_sentinel.ledger_lines DISABLE TRIGGER ALL; ${statements}; ALTER TABLE release_sentinel.ledger_lines ENABLE TRIGGER ALL`,
    );
  const verified = async () =>
    verifyChain(store.blocks(never), { keys: [], anchors: await store.witnesses(never) });
  return { database, url, store, sql, harm, verified };
}

withPostgres("a ledger's tables", (server) => {
  damage(server);
  accounts(server);
  versions(server);
});

function damage(server: TestPostgres): void {
  describe("the tables", () => {
    it.each(["UPDATE %s SET seq = seq + 1", "DELETE FROM %s", "TRUNCATE %s CASCADE"])(
      "refuse %s",
      async (statement) => {
        const { sql, verified } = await three(server);
        const table = "release_sentinel.ledger_lines";
        expect(() => sql(statement.replace("%s", table))).toThrow("only ever added");
        if (!statement.startsWith("UPDATE"))
          expect(() => sql(statement.replace("%s", "release_sentinel.ledgers"))).toThrow("only ever added");
        expect(await verified()).toMatchObject({ genuine: true, lines: 3 });
      },
    );
  });

  describe("whoever changes them all the same", () => {
    const lines = "release_sentinel.ledger_lines";
    it.each([
      [
        "edits an entry",
        `UPDATE ${lines} SET line = convert_to(replace(convert_from(line, 'UTF8'), 'stage', 'stagf'), 'UTF8')`,
        "edited",
        2,
      ],
      ["takes one out", `DELETE FROM ${lines} WHERE seq = 2`, "removed", 2],
      ["cuts off the tail", `DELETE FROM ${lines} WHERE seq = 3`, "truncated", 3],
      ["takes all", `DELETE FROM ${lines}`, "truncated", 1],
      [
        "changes the order",
        `UPDATE ${lines} SET seq = seq + 10; UPDATE ${lines} SET seq = CASE seq WHEN 11 THEN 1 WHEN 12 THEN 3 ELSE 2 END`,
        "reordered",
        2,
      ],
      [
        "doubles one",
        `INSERT INTO ${lines} SELECT ledger, 4, line FROM ${lines} WHERE seq = 2`,
        "inserted",
        2,
      ],
      [
        "puts two in the place of one",
        `UPDATE ${lines} SET line = line || decode('0a', 'hex') || line WHERE seq = 2`,
        "inserted",
        2,
      ],
    ])("%s is found out", async (_, statements, kind, seq) => {
      const { harm, verified } = await three(server);
      harm(statements);
      const { genuine, problems } = await verified();
      expect(genuine).toBe(false);
      expect(problems[0]).toMatchObject({ kind, seq });
    });

    it.each([
      ["the last entry is edited", `UPDATE ${lines} SET line = line || '!' WHERE seq = 3`],
      ["the tail is cut off", `DELETE FROM ${lines} WHERE seq = 3`],
      ["all of it is gone", `DELETE FROM ${lines}`],
      ["the last entry is another one", `UPDATE ${lines} SET line = '{}' WHERE seq = 3`],
    ])("finds nothing added to it: %s", async (_, statements) => {
      const { harm, store, sql } = await three(server);
      harm(statements);
      const before = sql(`SELECT count(*) FROM ${lines}`);
      await expect(writer(store).record(event(), never)).rejects.toMatchObject({
        code: "ledger-unwritable",
        exitCode: 2,
        remedy: expect.stringContaining("ledger verify"),
      });
      await expect(store.probe(never)).rejects.toMatchObject({ code: "ledger-unwritable" });
      expect(sql(`SELECT count(*) FROM ${lines}`)).toBe(before);
    });
  });
}

function accounts(server: TestPostgres): void {
  /** What docs/decisions/0013 lists. */
  const grants = (role: string) =>
    `GRANT USAGE ON SCHEMA release_sentinel TO ${role};
     GRANT SELECT ON ALL TABLES IN SCHEMA release_sentinel TO ${role};`;
  const writes = (role: string) =>
    `GRANT INSERT ON release_sentinel.ledger_lines TO ${role};
     GRANT INSERT, UPDATE ON release_sentinel.ledgers TO ${role};`;
  const login = (role: string) => `CREATE ROLE ${role} LOGIN PASSWORD '${server.password}';`;
  const as = (role: string, url: string) => url.replace(`//${server.user}:`, `//${role}:`);

  describe("an account that owns nothing", () => {
    it("writes and reads with the rights to add, and cannot take anything away", async () => {
      const { sql, url, database } = await three(server);
      sql(login("ci") + grants("ci") + writes("ci"));
      const store = storeAt(as("ci", url));
      await store.probe(never);
      expect((await writer(store).record(event(), never)).seq).toBe(4);
      const other = storeAt(`${as("ci", url)}?project=another`);
      expect((await writer(other).record(event(), never)).seq).toBe(1);
      expect(() => server.sql("SET ROLE ci; DELETE FROM release_sentinel.ledger_lines", database)).toThrow(
        "permission denied",
      );
    });

    it("reads with the rights to read, and is told that it may not write", async () => {
      const { sql, url } = await three(server);
      sql(login("auditor") + grants("auditor"));
      const store = storeAt(as("auditor", url));
      expect(await linesOf(store)).toHaveLength(3);
      expect(await verifyChain(store.blocks(never), anyone)).toMatchObject({ genuine: true });
      for (const attempt of [() => store.probe(never), () => writer(store).record(event(), never)])
        await expect(attempt()).rejects.toMatchObject({
          code: "ledger-unwritable",
          message: expect.stringContaining("permission denied"),
          remedy: expect.stringContaining("grant"),
        });
    });

    it("cannot make the tables, and says who must", async () => {
      server.sql(login("nobody"));
      const store = storeAt(as("nobody", server.url("", server.database())));
      expect(await linesOf(store)).toEqual([]);
      await expect(writer(store).record(event(), never)).rejects.toMatchObject({
        message: expect.stringContaining("permission denied for database"),
        remedy: expect.stringContaining("owner"),
      });
    });

    it("makes them in a schema that was made for it", async () => {
      const database = server.database();
      server.sql(login("guest"));
      server.sql("CREATE SCHEMA release_sentinel AUTHORIZATION guest", database);
      const store = storeAt(as("guest", server.url("", database)));
      expect((await writer(store).record(event(), never)).seq).toBe(1);
    });
  });

  it("keeps its promises under settings that promise less", async () => {
    const { database, sql, url } = await three(server);
    sql(
      `ALTER DATABASE ${database} SET synchronous_commit = off;
       ALTER DATABASE ${database} SET default_transaction_isolation = 'serializable';
       ALTER DATABASE ${database} SET default_transaction_read_only = on;
       ALTER DATABASE ${database} SET bytea_output = 'escape';
       ALTER DATABASE ${database} SET search_path = nowhere`,
    );
    server.sql(
      `SET default_transaction_read_only = off;
       CREATE TABLE public.seen (setting text);
       CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN INSERT INTO public.seen VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END';
       CREATE CONSTRAINT TRIGGER see AFTER INSERT ON release_sentinel.ledger_lines DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION public.see()`,
      database,
    );
    const stores = Array.from({ length: 4 }, () => storeAt(url));
    await Promise.all(stores.map((store) => writer(store).record(event(), never)));
    expect(await verifyChain(storeAt(url).blocks(never), anyone)).toMatchObject({ genuine: true, lines: 7 });
    expect(sql("SELECT DISTINCT setting FROM public.seen")).toBe("local");
  });
}

function versions(server: TestPostgres): void {
  describe("the tables' version", () => {
    it("is made once when several come first at once", async () => {
      const database = server.database();
      const stores = Array.from({ length: 6 }, () => storeAt(server.url("", database)));
      await Promise.all(stores.map((store) => writer(store).record(event(), never)));
      expect(server.sql("SELECT count(*) FROM release_sentinel.ledger_schema", database)).toBe("1");
      expect(await linesOf(storeAt(server.url("", database)))).toHaveLength(6);
    });

    it("may be newer where the newer tool says that older ones can go on", async () => {
      const { sql, url } = await three(server);
      sql("INSERT INTO release_sentinel.ledger_schema (version, usable_from) VALUES (9, 1)");
      expect((await writer(storeAt(url)).record(event(), never)).seq).toBe(4);
      expect(sql("SELECT max(version) FROM release_sentinel.ledger_schema")).toBe("9");
    });

    it("is refused where it is newer than this tool can use, to write and to read", async () => {
      const { sql, url } = await three(server);
      sql("INSERT INTO release_sentinel.ledger_schema (version, usable_from) VALUES (9, 9)");
      const store = storeAt(url);
      for (const attempt of [() => writer(store).record(event(), never), () => linesOf(store)])
        await expect(attempt()).rejects.toMatchObject({
          message: expect.stringContaining("newer release-sentinel"),
          remedy: "update release-sentinel",
        });
    });
  });
}
