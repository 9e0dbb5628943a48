import { describe, expect, it } from "vitest";
import { closedPort } from "../../../support/server.ts";
import { bad, check, told } from "./checked.ts";

describe("reading migrations", () => {
  it("names the place of what PostgreSQL cannot read, and goes on with nothing after it", async () => {
    const findings = await check({ "1.sql": "SELECT 1;\n-- é\nALTER TALBE t;", "2.sql": "SELECT 1" }, null, {
      lintOnly: true,
    });
    expect(bad(findings)).toMatchObject([
      {
        message: '1.sql:3:7: PostgreSQL cannot read this: syntax error at or near "TALBE"',
        location: { file: "1.sql", line: 3, column: 7 },
      },
    ]);
  });

  it.each([
    ["what is not UTF-8", Uint8Array.of(0x53, 0xff), "is not UTF-8"],
    ["what has a zero byte", "SELECT '\0'", "zero byte"],
    ["psql's own commands", "\\connect other\nSELECT 1", "cannot read this"],
    ["a text without an end", "SELECT 'abc", "unterminated"],
  ])("refuses %s", async (_, content, words) => {
    const [found] = bad(await check({ "1.sql": content }, null, { lintOnly: true }));
    expect(found).toMatchObject({ status: "fail", message: expect.stringContaining(words) });
  });

  it.each([
    ["an empty file", ""],
    ["comments alone", "-- nothing\n;;\n"],
    ["a byte order mark", "\ufeffSELECT 1;\r\n"],
  ])("takes %s as it is", async (_, content) => {
    expect(bad(await check({ "1.sql": content }, null, { lintOnly: true }))).toEqual([]);
  });

  it("takes the ways forward alone, in the order of the tools", async () => {
    const findings = await check(
      {
        "go/2_b.up.sql": "SELECT 2",
        "go/10_c.up.sql": "SELECT 10",
        "go/2_b.down.sql": "DROP TABLE t",
        "go/10_c.down.sql": "DROP TABLE t",
        "db/structure.sql": "DROP TABLE t",
        "db/schema.sql": "-- Dumped from database version 15\nDROP TABLE t",
        "mate/3_d.sql": "-- migrate:up\nSELECT 3;\n-- migrate:down\nDROP TABLE t;",
        "notes.txt": "DROP TABLE t",
      },
      null,
      { lintOnly: true },
    );
    expect(told(findings).filter((line) => line.startsWith("ok"))).toEqual([
      expect.stringContaining("go/2_b.up.sql"),
      expect.stringContaining("go/10_c.up.sql"),
      expect.stringContaining("mate/3_d.sql"),
    ]);
    expect(findings.filter(({ status }) => status === "skipped").length).toBe(5);
    expect(bad(findings)).toEqual([]);
  });

  it("finds files, folders and globs, and says what names nothing", async () => {
    const files = { "a/1.sql": "SELECT 1", "a/b/2.sql": "SELECT 1", "[x].sql": "SELECT 1" };
    const count = async (...names: string[]) =>
      (await check(files, null, { names, lintOnly: true })).filter(({ status }) => status === "ok").length;
    expect(await count("a/1.sql")).toBe(1);
    expect(await count("a", "./a/1.sql")).toBe(2);
    expect(await count("a/*.sql")).toBe(1);
    expect(await count("**/*.sql")).toBe(3);
    expect(await count("[x].sql")).toBe(1);
    await expect(count("b/*.sql")).rejects.toMatchObject({
      code: "flag-invalid",
      message: "there is no migration b/*.sql",
    });
  });

  it("wants a shadow database, and judges all the same", async () => {
    const findings = await check({ "1.sql": "DROP TABLE t" }, null);
    expect(bad(findings).map(({ message }) => message)).toEqual([
      expect.stringContaining("DROP TABLE t"),
      "Missing required env var: SHADOW_DB_URL",
    ]);
  });
});

describe("a shadow database", () => {
  it.each([
    [
      "postgres://h.example.com/shop",
      { DATABASE_URL: "postgres://me@h.example.com:5432/shop?sslmode=require" },
      "DATABASE_URL",
    ],
    ["postgres://localhost/shop", { RS_DATABASE_URL: "postgresql://127.0.0.1/shop" }, "RS_DATABASE_URL"],
    ["postgres://db-prod.example.com/shop", {}, '"prod"'],
    ["postgres://h.example.com/shop_production", {}, '"production"'],
  ])("that looks like one in use is left alone: %s", async (url, env, why) => {
    await expect(check({ "1.sql": "SELECT 1" }, url, { env })).rejects.toMatchObject({
      code: "flag-invalid",
      message: expect.stringContaining(why),
    });
  });

  it("that cannot be reached is no answer", async () => {
    const url = `postgres://127.0.0.1:${await closedPort()}/shadow_prod`;
    const env = { DATABASE_URL: "mysql://127.0.0.1/x", RS_LEDGER: "off" };
    expect(bad(await check({ "1.sql": "SELECT 1" }, url, { env }))).toMatchObject([
      {
        status: "unknown",
        message: expect.stringContaining("ECONNREFUSED"),
        remedy: expect.stringContaining("pg_isready"),
      },
    ]);
  });

  it("whose URL is none is refused under its own name", async () => {
    await expect(check({ "1.sql": "SELECT 1" }, "postgres://h/d?sslmode=on")).rejects.toMatchObject({
      message: expect.stringMatching(/^SHADOW_DB_URL is not/),
    });
  });
});
