import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { freePort } from "./server.ts";

/** A real PostgreSQL server of this test file's own, on loopback, which asks for a password. */
export interface TestPostgres {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where its Unix socket is. */
  readonly folder: string;
  /** A database that is there. */
  url(parameters?: string, database?: string): string;
  /** A new, empty database; answers its name. */
  database(): string;
  /** Runs SQL as the superuser; answers rows as psql prints them, without decoration. */
  sql(statements: string, database?: string): string;
  /** A file that the server alone may read; answers its path. */
  file(name: string, content: string): string;
  start(settings?: readonly string[]): Promise<void>;
  /** As if the machine had lost its power; nothing is written any more. */
  crash(): Promise<void>;
}

/** Its programs' folder; undefined where there is none. */
function binaries(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...versions.map((version) => join(debian, version, "bin")),
  ];
  return places.find((place) =>
    ["initdb", "postgres", "psql"].every((name) => existsSync(join(place, name))),
  );
}

/** PostgreSQL does not run as root. */
function account(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return {} as { uid: number; gid: number };
  const id = (flag: string) => spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
  const [uid, gid] = [id("-u"), id("-g")];
  return uid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}

/** Tests that need PostgreSQL: left out by its name where it is missing, unless RS_TEST_REQUIRE=all wants everything. */
export function withPostgres(name: string, tests: (server: TestPostgres) => void): void {
  const [folder, owner] = [binaries(), account()];
  const missing = folder === undefined || owner === undefined;
  const required = process.env["RS_TEST_REQUIRE"] === "all";
  describe.skipIf(missing && !required)(
    `${name}${missing ? " (needs PostgreSQL's initdb, postgres and psql)" : ""}`,
    () => {
      const server = testPostgres(folder ?? "", owner);
      beforeAll(async () => {
        server.prepare();
        await server.start();
      });
      afterAll(() => server.end());
      tests(server);
    },
  );
}

const user = "tester";

function testPostgres(
  bin: string,
  owner: { uid: number; gid: number } | undefined,
): TestPostgres & { prepare(): void; end(): Promise<void> } {
  const password = randomBytes(12).toString("hex");
  const env = { PATH: process.env["PATH"], LC_ALL: "C", PGPASSWORD: password, PGCONNECT_TIMEOUT: "5" };
  let base = "";
  let port = 0;
  let running: ChildProcess | undefined;
  let databases = 0;
  const as = { ...owner, env, cwd: "/" };
  const server = {
    get port() {
      return port;
    },
    user,
    password,
    get folder() {
      return base;
    },
    url: (parameters = "", database = "postgres") =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}${parameters}`,
    database() {
      databases += 1;
      server.sql(`CREATE DATABASE test${databases}`);
      return `test${databases}`;
    },
    sql(statements: string, database = "postgres") {
      const target = ["-h", "127.0.0.1", "-p", String(port), "-U", user, "-d", database];
      const flags = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
      return execFileSync(join(bin, "psql"), [...flags, ...target], { env, input: statements, stdio: "pipe" })
        .toString()
        .trim();
    },
    file(name: string, content: string) {
      const path = join(base, name);
      writeFileSync(path, content, { mode: 0o600 });
      if (owner?.uid !== undefined) chownSync(path, owner.uid, owner.gid);
      return path;
    },
    prepare() {
      base = realpathSync(mkdtempSync(join(tmpdir(), "rs-postgres-")));
      chmodSync(base, 0o755);
      if (owner?.uid !== undefined) chownSync(base, owner.uid, owner.gid);
      const secret = server.file("password", password);
      const flags = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--auth=scram-sha-256"];
      const account = [`--username=${user}`, `--pwfile=${secret}`];
      execFileSync(join(bin, "initdb"), ["-D", join(base, "data"), ...flags, ...account], {
        ...as,
        stdio: "pipe",
      });
    },
    async start(settings: readonly string[] = []) {
      port ||= await freePort();
      const all = [
        `port=${port}`,
        "listen_addresses=127.0.0.1",
        `unix_socket_directories=${base}`,
        "fsync=off",
        "shared_buffers=16MB",
        "max_connections=40",
        ...settings,
      ].flatMap((setting) => ["-c", setting]);
      const child = spawn(join(bin, "postgres"), ["-D", join(base, "data"), ...all], {
        ...as,
        stdio: "ignore",
      });
      running = child;
      const ready = () =>
        spawnSync(join(bin, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(port)]).status === 0;
      while (!ready()) {
        expect(child.exitCode, "postgres ended").toBeNull();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async crash() {
      const child = running;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGQUIT");
      await gone;
    },
    async end() {
      await server.crash();
      rmSync(base, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return server;
}
