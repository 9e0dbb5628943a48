import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Head } from "../../../../src/clients/ledger/line.ts";
import { makeLine } from "../../../../src/clients/ledger/line.ts";
import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import type { LedgerStore } from "../../../../src/clients/ledger/store.ts";
import { verifyChain } from "../../../../src/ledger/verify.ts";
import { ledgerStoreContract } from "../../../contract/ledger-store.ts";
import { event, linesOf, never, writer } from "../../../support/ledger.ts";
import { type TestPostgres, withPostgres } from "../../../support/postgres.ts";

const child = join(import.meta.dirname, "append-postgres.ts");
const anyone = { keys: [], anchors: [] };
let projects = 0;

function newProject(): string {
  projects += 1;
  return `example.com/p${projects}`;
}

function storeAt(url: string, project: string | null = "example.com/a"): LedgerStore {
  return createPostgresStore({ url, env: {}, project: async () => project, addSecret: () => {} });
}

function appending(url: string, who: number, times: number) {
  const running = spawn(process.execPath, [child, String(who), String(times)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TEST_LEDGER_URL: url },
  });
  let acknowledged = "";
  running.stdout.on("data", (chunk) => (acknowledged += chunk));
  const ended = new Promise<string[]>((resolve) =>
    running.on("close", () => resolve(acknowledged.split("\n").filter((line) => line !== ""))),
  );
  return { running, ended };
}

async function hashesOf(store: LedgerStore): Promise<Set<string>> {
  return new Set((await linesOf(store)).map((line) => `sha256:${JSON.parse(line).sha256}`));
}

withPostgres("a ledger in PostgreSQL", (server) => {
  ledgerStoreContract("PostgreSQL", () => {
    const project = newProject();
    return { open: () => storeAt(server.url(), project) };
  });
  manyProcesses(server);
  manyProjects(server);
  whatIsStored(server);
});

function manyProcesses(server: TestPostgres): void {
  describe("many processes", () => {
    it("append at once: eight, twenty-five entries each, none is lost and none is out of order", async () => {
      const url = server.url("?project=many", server.database());
      const all = Array.from({ length: 8 }, (_, who) => appending(url, who, 25));
      const said = await Promise.all(all.map(({ ended }) => ended));
      expect(said.flat()).toHaveLength(200);
      const store = storeAt(url);
      expect(await verifyChain(store.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 200 });
      const entries = (await linesOf(store)).map((line) => JSON.parse(line).entry.data);
      for (const who of all.keys()) {
        const own = entries.filter((data) => data.who === who).map((data) => data.n);
        expect(own).toEqual(Array.from({ length: 25 }, (_, n) => n));
      }
    });

    it("killed at any moment lose nothing that was acknowledged, and hold nobody up", async () => {
      const url = server.url(`?project=${newProject()}`);
      const victims = Array.from({ length: 4 }, (_, who) => appending(url, who, 1000));
      for (const { running, ended } of victims) {
        // One that was quicker than its turn came has ended by itself.
        await Promise.race([new Promise((resolve) => running.stdout.once("data", resolve)), ended]);
        running.kill("SIGKILL");
      }
      const acknowledged = (await Promise.all(victims.map(({ ended }) => ended))).flat();
      const store = storeAt(url);
      await writer(store).record(event(), never);
      expect((await verifyChain(store.blocks(never), anyone)).problems).toEqual([]);
      const hashes = await hashesOf(store);
      expect(acknowledged.filter((hash) => !hashes.has(hash))).toEqual([]);
    });

    it("go on when the server crashes and comes back, and what was acknowledged is there", async () => {
      const url = server.url(`?project=${newProject()}`);
      const kept = storeAt(url);
      await writer(kept).record(event(), never);
      const all = Array.from({ length: 3 }, (_, who) => appending(url, who, 60));
      await Promise.all(all.map(({ running }) => new Promise((go) => running.stdout.once("data", go))));
      await server.crash();
      await server.start();
      const acknowledged = (await Promise.all(all.map(({ ended }) => ended))).flat();
      expect(acknowledged).toHaveLength(180);
      // Its connection has died while nobody used it.
      await writer(kept).record(event(), never);
      expect(await verifyChain(kept.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 182 });
      const hashes = await hashesOf(kept);
      expect(acknowledged.filter((hash) => !hashes.has(hash))).toEqual([]);
    });

    it("wait for one another where the server has few connections", async () => {
      const database = server.database();
      server.sql(
        `CREATE ROLE few LOGIN PASSWORD '${server.password}' CONNECTION LIMIT 2; ALTER DATABASE ${database} OWNER TO few`,
      );
      const url = server.url("", database).replace(`//${server.user}:`, "//few:");
      const stores = Array.from({ length: 6 }, () => storeAt(url));
      await Promise.all(
        stores.map(async (store) => {
          await writer(store).record(event(), never);
          store.close();
        }),
      );
      const reader = storeAt(url);
      expect(await verifyChain(reader.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 6 });
      reader.close();
    });
  });
}

function manyProjects(server: TestPostgres): void {
  describe("two projects in one database", () => {
    it("have a chain each", async () => {
      const [one, two] = [storeAt(server.url(), newProject()), storeAt(server.url(), newProject())];
      await Promise.all([one, two, one, two, one].map((store) => writer(store).record(event(), never)));
      expect(await verifyChain(one.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 3 });
      expect(await verifyChain(two.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 2 });
      expect((await one.head(never))?.ledger).not.toBe((await two.head(never))?.ledger);
    });

    it("are what the URL says before what the remote says", async () => {
      const named = newProject();
      await writer(storeAt(server.url(`?project=${encodeURIComponent(named)}`))).record(event(), never);
      expect(await linesOf(storeAt(server.url(), named))).toHaveLength(1);
      const nobodys = storeAt(server.url(), null);
      for (const attempt of [() => nobodys.head(never), () => nobodys.probe(never)])
        await expect(attempt()).rejects.toMatchObject({
          code: "flag-invalid",
          message: expect.stringContaining("nothing says whose ledger it is"),
          remedy: expect.stringContaining("?project="),
        });
    });
  });
}

function whatIsStored(server: TestPostgres): void {
  describe("what is stored", () => {
    it("is every byte as it was hashed, whatever the database's encoding", async () => {
      server.sql(
        "CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'; CREATE DATABASE ascii ENCODING SQL_ASCII TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
      );
      for (const database of ["latin", "ascii"]) {
        const store = storeAt(server.url("", database));
        await writer(store).record(event({ data: { text: "kůň 🐎" } }), never);
        expect(JSON.parse((await linesOf(store))[0] ?? "").entry.data.text).toBe("kůň 🐎");
        const hash = server.sql(
          "SELECT encode(sha256(line), 'hex') FROM release_sentinel.ledger_lines",
          database,
        );
        const bytes = Buffer.from((await linesOf(store))[0]?.slice(0, -1) ?? "");
        expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
      }
    });

    it("comes in pages, both ways, with nothing left out between them", async () => {
      const store = storeAt(server.url(), newProject());
      const total = 12_345;
      await store.append((head) => manyLines(head, total), never);
      const verified = await verifyChain(store.blocks(never), anyone);
      expect(verified).toMatchObject({ genuine: true, lines: total });
      let expected = total;
      for await (const line of store.backwards(never)) {
        expect(JSON.parse(line.toString()).link.seq).toBe(expected);
        expected -= 1;
      }
      expect(expected).toBe(0);
    });

    it("ends where it ended when reading began, and reading may stop anywhere", async () => {
      const store = storeAt(server.url(), newProject());
      await store.append((head) => manyLines(head, 9000), never);
      let lines = 0;
      for await (const block of store.blocks(never)) {
        lines += block.toString().split("\n").length - 1;
        await writer(store).record(event(), never);
      }
      expect(lines).toBe(9000);
      for await (const line of store.backwards(never)) {
        expect(JSON.parse(line.toString()).link.seq).toBeGreaterThan(9000);
        break;
      }
      expect((await writer(store).record(event(), never)).seq).toBeGreaterThan(9001);
    });
  });
}

function manyLines(head: Head | null, times: number): { text: string; head: Head } {
  let text = "";
  let at = head;
  for (let n = 0; n < times; n++) {
    const made = makeLine(
      `"entry":{"n":${n},"text":"${"x".repeat(n % 400)}"}`,
      at,
      "2026-01-01T00:00:00.000Z",
      () => "00000000-0000-4000-8000-000000000000",
    );
    text += made.line;
    at = made.head;
  }
  if (at === null) throw new Error("no lines");
  return { text, head: at };
}
