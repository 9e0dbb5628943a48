import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPostgresUrl, shownPlace } from "../../../../src/clients/ledger/postgres-url.ts";
import { projectOfRemote } from "../../../../src/clients/ledger/project.ts";
import { tempFolder } from "../../../support/temp.ts";

const word = ["a", "b"].join(":/");

describe("a postgres URL", () => {
  it.each([
    ["postgres://db.example.com/audit", { host: "db.example.com", port: 5432, database: "audit", user: "" }],
    ["postgresql://me@db.example.com:6543/audit", { port: 6543, user: "me" }],
    ["POSTGRES://me@db.example.com/audit", { user: "me", database: "audit" }],
    [" postgres://db.example.com/audit\n", { host: "db.example.com", database: "audit" }],
    ["postgres://me@[::1]:5433/audit", { host: "::1", port: 5433 }],
    [`postgres://me:${"x%40y"}@db.example.com`, { password: "x@y", database: "" }],
    [`postgres://me:${encodeURIComponent(word)}@db.example.com/x`, { password: word }],
    ["postgres:///audit", { host: "localhost", database: "audit" }],
    ["postgres://", { host: "localhost", port: 5432, database: "" }],
    [
      "postgres://me@/audit?host=/run/postgresql&port=5555",
      { host: "/run/postgresql", port: 5555, user: "me", tls: null },
    ],
    ["postgres://%2Frun%2Fpostgresql/audit", { host: "/run/postgresql", tls: null }],
    ["postgres://:5433/audit", { host: "localhost", port: 5433 }],
    [
      "postgres://h/d?user=me&password=secret-not&dbname=other",
      { user: "me", password: "secret-not", database: "d" },
    ],
    ["postgres://h/d?project=team%2Fapi", { project: "team/api" }],
    ["postgres://h/d?options=-c%20role%3Dci&connect_timeout=3&application_name=x", { options: "-c role=ci" }],
  ])("is read as libpq reads it: %s", (url, expected) => {
    expect(readPostgresUrl(url, {})).toMatchObject(expected);
  });

  it("is filled up from libpq's variables", () => {
    const env = { PGHOST: "h.example.com", PGPORT: "77", PGUSER: "u", PGDATABASE: "d", PGSSLMODE: "disable" };
    expect(readPostgresUrl("postgres://", env)).toMatchObject({
      host: "h.example.com",
      port: 77,
      user: "u",
      database: "d",
      tls: null,
    });
    expect(readPostgresUrl("postgres://v@x.example.com:1/e?sslmode=require", env)).toMatchObject({
      host: "x.example.com",
      port: 1,
      user: "v",
      database: "e",
      tls: { rejectUnauthorized: false },
    });
  });

  it.each([
    ["postgres://me:a/b@h/d", "cannot be read"],
    ["postgres://me:50%@h/d", "%25"],
    ["postgres://h:70000/d", "cannot be read"],
    ["postgres://h/d?port=0x", "the port is none"],
    ["postgres://a.example.com,b.example.com:5432,c/d", "cannot be read"],
    ["postgres://h/d?sslmode=on", "sslmode is one of"],
    ["postgres://h/d?sslmode=verify-ca", "needs sslrootcert"],
    ["postgres://h/d?sslmode=require&sslrootcert=system", "goes with sslmode=verify-full"],
    ["postgres://h/d?sslrootcert=/nowhere/ca.pem", "/nowhere/ca.pem cannot be read (ENOENT)"],
    ["postgres://h/d?sslcrl=x", "sslcrl is not supported"],
    ["postgres://h/d?sslnegotiation=direct", "is not supported"],
  ])("that cannot be used is refused, and not repeated: %s", (url, words) => {
    expect(() => readPostgresUrl(url, {})).toThrow(
      expect.objectContaining({
        code: "flag-invalid",
        exitCode: 1,
        message: expect.stringContaining(words),
      }),
    );
    expect(() => readPostgresUrl(url, {})).not.toThrow("me:");
  });

  it("brings the files that it names", () => {
    const folder = tempFolder();
    for (const name of ["ca", "cert", "key"]) writeFileSync(join(folder, name), name.toUpperCase());
    const files = `sslrootcert=${folder}/ca&sslcert=${folder}/cert&sslkey=${folder}/key`;
    expect(readPostgresUrl(`postgres://h/d?sslmode=verify-full&${files}`, {})).toMatchObject({
      tls: { ca: "CA", cert: "CERT", key: "KEY", rejectUnauthorized: true },
      plainIfRefused: false,
    });
  });

  it("is shown without user, password and parameters", () => {
    const shown = (url: string) => shownPlace(readPostgresUrl(url, {}));
    expect(shown(`postgres://me:${"hidden"}@h.example.com/d?password=hidden`)).toBe(
      "postgres://h.example.com:5432/d",
    );
    expect(shown("postgres://me@[::1]/d")).toBe("postgres://[::1]:5432/d");
  });
});

describe("a project's name", () => {
  it.each([
    ["https://github.com/Team/API.git", "github.com/team/api"],
    [`https://user:${"word"}@GitHub.com/team/api/`, "github.com/team/api"],
    ["git@github.com:team/api.git", "github.com/team/api"],
    ["ssh://git@github.com/team/api", "github.com/team/api"],
    ["ssh://git@ssh.github.com:443/team/api.git", "github.com/team/api"],
    ["https://git.example.com:8443/group/sub/api.git", "git.example.com/group/sub/api"],
    ["git.example.com:srv/api.git", "git.example.com/srv/api"],
    ["ssh://git.example.com/~/a%20b", "git.example.com/~/a b"],
    ["file:///srv/git/Api.git", "/srv/git/Api"],
    ["/srv/git/Api.git", "/srv/git/Api"],
    ["../Api.git", "../Api"],
    ["", null],
    ["https://git.example.com", null],
  ])("comes from its remote: %s", (url, name) => {
    expect(projectOfRemote(url)).toBe(name);
  });
});
