import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";
import { type TestPostgres, withPostgres } from "../support/postgres.ts";
import { repository } from "../support/repository.ts";
import { closedPort } from "../support/server.ts";

const good = "SET lock_timeout = '5s';\nALTER TABLE users ADD COLUMN nickname text;\n";

function project(files: Readonly<Record<string, string>>) {
  const made = repository();
  made.commit("chore: begin", { "README.md": "x\n" });
  for (const [path, text] of Object.entries(files)) made.write(path, text);
  return made;
}

describe("migrate check", () => {
  it("is 1 for what is not safe, with every report that is asked for", async () => {
    const { path } = project({ "db/1.sql": "DROP TABLE users;\n" });
    const ran = await cli(
      ["migrate", "check", "db/*.sql", "--lint-only", "--json", "--report", "sarif=out.sarif"],
      { cwd: path },
    );
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      schema: "release-sentinel/migrations/v1",
      verdict: "BLOCKED",
      exitCode: 1,
    });
    expect(ran.stderr).toContain("Migrations BLOCKED: db/1.sql:1:1: DROP TABLE users");
    const saved = await cli(["migrate", "check", "db", "--lint-only", "--report", "json=saved.json"], {
      cwd: path,
    });
    expect(saved.code).toBe(1);
    const judged = await cli(["check", "--from", "saved.json"], { cwd: path });
    expect([judged.code, judged.stderr]).toEqual([1, expect.stringContaining("saved.json")]);
  });

  it("takes the files that the configuration names for an environment", async () => {
    const config =
      "extends: default\nenvironments:\n  stage:\n    deploy: { migrations: { check: ['stage/*.sql'] } }\n  prod: {}\ndeploy: { migrations: { check: ['db/*.sql'] } }\n";
    const { path } = project({
      "release-sentinel.yaml": config,
      "db/1.sql": good,
      "stage/1.sql": "DROP TABLE users",
    });
    expect(await cli(["migrate", "check", "--env", "prod", "--lint-only"], { cwd: path })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Migrations PASSED"),
    });
    expect((await cli(["migrate", "check", "--env", "stage", "--lint-only"], { cwd: path })).code).toBe(1);
    expect(await cli(["migrate", "check", "--env", "nope", "--lint-only"], { cwd: path })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Invalid environment: nope"),
    });
    const bare = project({});
    expect(await cli(["migrate", "check"], { cwd: bare.path })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no migration is named"),
    });
  });

  it("judges what has changed since a ref, committed or not", async () => {
    const made = project({ "db/1.sql": "DROP TABLE users;\n" });
    made.commit("feat: first");
    made.git("branch", "base");
    made.write("db/2.sql", good);
    made.commit("feat: second");
    made.write("db/new/3.sql", "TRUNCATE users;\n");
    const since = async (...more: string[]) =>
      cli(["migrate", "check", "db", "--lint-only", "--since", ...more], { cwd: made.path });
    const all = await since("base");
    expect([all.code, all.stderr.includes("TRUNCATE users"), all.stderr.includes("DROP TABLE")]).toEqual([
      1,
      true,
      false,
    ]);
    expect(await since("nowhere")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--since nowhere: there is no such commit here"),
    });
    const inside = await cli(["migrate", "check", "2.sql", "--lint-only", "--since", "base"], {
      cwd: join(made.path, "db"),
    });
    expect(inside.code).toBe(0);
  });

  it("is 2 when the shadow database does not answer, and tells no password", async () => {
    const { path } = project({ "1.sql": good });
    const word = ["hush", "hush", "now"].join("-");
    const env = { SHADOW_DB_URL: `postgres://me:${word}@127.0.0.1:${await closedPort()}/shadow` };
    const ran = await cli(["migrate", "check", "1.sql"], { cwd: path, env });
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("Migrations UNPROVEN: ") });
    expect(ran.all).not.toContain(word);
  });
});

withPostgres("migrate check on a real shadow", (server: TestPostgres) => {
  const scratch = "SELECT count(*) FROM pg_database WHERE datname LIKE 'release_sentinel%'";

  function shadow() {
    const name = server.database();
    server.sql("CREATE TABLE users (id serial)", name);
    return { name, env: { SHADOW_DB_URL: server.url("", name) } };
  }

  it("is 0 for what is safe, and leaves the shadow as it was", async () => {
    const { name, env } = shadow();
    const { path } = project({
      "1.sql": good,
      "2.sql": "CREATE INDEX CONCURRENTLY i ON users (nickname);\n",
    });
    const ran = await cli(["migrate", "check", "1.sql", "2.sql"], { cwd: path, env });
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("Migrations PASSED") });
    expect(ran.all).not.toContain(server.password);
    expect(server.sql("SELECT count(*) FROM pg_attribute WHERE attname = 'nickname'", name)).toBe("0");
    expect(server.sql(scratch)).toBe("0");
  });

  it("refuses the database that is in use", async () => {
    const { name, env } = shadow();
    const { path } = project({ "1.sql": good });
    const ran = await cli(["migrate", "check", "1.sql"], {
      cwd: path,
      env: { ...env, DATABASE_URL: server.url("?sslmode=disable", name) },
    });
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("it is the database of DATABASE_URL"),
    });
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGKILL", null],
  ] as const)("leaves nothing in the shadow when it is ended by %s", async (signal, code) => {
    const { name, env } = shadow();
    const { path } = project({ "1.sql": "ALTER TABLE users ADD COLUMN gone int;\nSELECT pg_sleep(30);\n" });
    const sleeping = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${name}' AND query LIKE 'SELECT pg_sleep%'`;
    const ran = await cli(["migrate", "check", "1.sql"], {
      cwd: path,
      env,
      during: async (child) => {
        while (server.sql(sleeping) === "0") await new Promise((resolve) => setTimeout(resolve, 50));
        child.kill(signal);
      },
    });
    expect(ran.code).toBe(code);
    server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
      name,
    );
    await expect
      .poll(() => server.sql("SELECT count(*) FROM pg_attribute WHERE attname = 'gone'", name))
      .toBe("0");
  });
});
