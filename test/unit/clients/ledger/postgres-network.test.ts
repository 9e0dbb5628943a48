import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import type { LedgerStore } from "../../../../src/clients/ledger/store.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { verifyChain } from "../../../../src/ledger/verify.ts";
import { event, linesOf, never, writer } from "../../../support/ledger.ts";
import { type TestPostgres, withPostgres } from "../../../support/postgres.ts";
import { closedPort } from "../../../support/server.ts";
import { type Door, proxy } from "./postgres-connections.ts";

const anyone = { keys: [], anchors: [] };

function storeAt(url: string, env: NodeJS.ProcessEnv = {}): LedgerStore {
  const secrets = new Secrets();
  return createPostgresStore({
    url,
    env,
    project: async () => "example.com/a",
    addSecret: (value) => secrets.add(value),
  });
}

const isCommit = (bytes: Buffer) => bytes.includes("COMMIT") && bytes.length < 50;
/** Whoever has got so far holds the lock. */
const isEntry = (bytes: Buffer) => bytes.includes("INSERT INTO release_sentinel.ledger_lines");

/** On a busy machine a writer's time may be up before it has the lock. */
const hold = (url: string, signal: AbortSignal): Promise<unknown> =>
  writer(storeAt(url))
    .record(event(), signal)
    .catch(() => (signal.aborted ? undefined : hold(url, signal)));

/** A URL of a new database, reached through a door. */
async function through(server: TestPostgres, door: Door) {
  const database = server.database();
  const port = await proxy(server.port, door);
  const url = server.url("?sslmode=disable", database);
  return { direct: storeAt(url), url: url.replace(`:${server.port}/`, `:${port}/`), database };
}

withPostgres("the network to PostgreSQL", (server) => {
  brokenNetworks(server);
  refusals(server);
  aborts(server);
});

function brokenNetworks(server: TestPostgres): void {
  describe("a connection that is cut", () => {
    it.each([
      ["after the commit went through", true],
      ["before the commit arrived", false],
    ])("%s leaves the entry in the ledger once", async (_, arrives) => {
      let cuts = 0;
      const { url, direct } = await through(server, (bytes, { client, forward }) => {
        const cut = isCommit(bytes) && cuts < 2;
        if (!cut || arrives) forward();
        if (!cut) return;
        cuts += 1;
        // Late enough for the server to have done it, and for what it says not to come through.
        client.removeAllListeners("data");
        setTimeout(() => client.destroy(), arrives ? 100 : 0);
        if (arrives) client.write = () => true;
      });
      const store = storeAt(url);
      for (const n of [1, 2, 3])
        expect((await writer(store).record(event({ data: { n } }), never)).seq).toBe(n);
      expect(cuts).toBe(2);
      expect(await verifyChain(direct.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 3 });
    });

    it("while nobody uses it is replaced", async () => {
      const open: (() => void)[] = [];
      const { url } = await through(server, (_, { client, forward }) => {
        open.push(() => client.destroy());
        forward();
      });
      const store = storeAt(url);
      await writer(store).record(event(), never);
      for (const cut of open) cut();
      expect((await writer(store).record(event(), never)).seq).toBe(2);
    });

    it("and does not come back is an answer, which says that it is not known what became of the entry", async () => {
      const { url, database } = await through(server, (bytes, { client, forward }) => {
        if (!isCommit(bytes)) return forward();
        server.sql("ALTER ROLE leaver NOLOGIN");
        client.destroy();
      });
      server.sql(`CREATE ROLE leaver SUPERUSER LOGIN PASSWORD '${server.password}'`, database);
      const store = storeAt(url.replace(`//${server.user}:`, "//leaver:"));
      await expect(writer(store).record(event(), never)).rejects.toMatchObject({
        code: "ledger-unwritable",
        message: expect.stringMatching(
          /not permitted to log in \(whether the entry was written is not known\)$/,
        ),
      });
    });
  });

  it("that hangs in the middle of an entry does not keep the others from writing", async () => {
    const locked = Promise.withResolvers<void>();
    const { url, direct } = await through(server, (bytes, { client, forward }) => {
      if (!isEntry(bytes)) return forward();
      // Not even that the writer has gone comes through.
      client.removeAllListeners("close");
      locked.resolve();
    });
    const hanging = new AbortController();
    void hold(url, hanging.signal);
    await locked.promise;
    // It comes back for no second try, which would hang as well.
    hanging.abort();
    expect((await writer(direct).record(event(), never)).seq).toBe(1);
  });
}

function refusals(server: TestPostgres): void {
  describe("a server that is not to be had", () => {
    it.each<[string, () => string | Promise<string>, string, string]>([
      [
        "nothing listens",
        async () => server.url().replace(`:${server.port}/`, `:${await closedPort()}/`),
        "ECONNREFUSED",
        "pg_isready",
      ],
      [
        "the password is wrong",
        () => server.url().replace(server.password, "x".repeat(20)),
        "password authentication failed",
        "password",
      ],
      [
        "there is no password",
        () => server.url().replace(`:${server.password}@`, "@"),
        "asks for a password",
        "PGPASSWORD",
      ],
      [
        "the database is missing",
        () => server.url("", "elsewhere"),
        '"elsewhere" does not exist',
        "createdb",
      ],
      [
        "it has no TLS and the URL demands it",
        () => server.url("?sslmode=require"),
        "does not support SSL",
        "RS_LEDGER",
      ],
    ])(
      "is unwritable and unreadable, with the cause and no password, when %s",
      async (_, at, cause, remedy) => {
        const url = await at();
        const store = storeAt(url);
        for (const [code, attempt] of [
          ["ledger-unwritable", () => store.probe(never)],
          ["ledger-unwritable", () => writer(store).record(event(), never)],
          ["ledger-unreadable", () => store.head(never)],
          ["ledger-unreadable", () => linesOf(store)],
          ["ledger-unreadable", () => store.witnesses(never)],
        ] as const) {
          const error = await attempt().then(
            () => expect.unreachable(),
            (thrown: Error & { remedy: string }) => thrown,
          );
          expect(error).toMatchObject({
            code,
            exitCode: 2,
            message: expect.stringContaining(cause),
            remedy: expect.stringContaining(remedy),
          });
          expect(`${error.message} ${error.remedy} ${error.stack}`).not.toMatch(
            new RegExp(`${server.password}|x{20}`),
          );
        }
      },
    );

    it("hands the password to be masked, as it stands in the URL and as it is meant", () => {
      const word = ["p@", "ss", "/wörd"].join("");
      const secrets = new Secrets();
      const options = { env: {}, project: async () => "p", addSecret: (value: string) => secrets.add(value) };
      const url = `postgres://me:${encodeURIComponent(word).toLowerCase()}@db.example.com/x`;
      const store = createPostgresStore({ url, ...options });
      expect(secrets.mask(`${url} ${word}`)).toBe("postgres://me:***@db.example.com/x ***");
      expect(store.where).toBe("postgres://db.example.com:5432/x");
      createPostgresStore({
        url: "postgres://db.example.com/x",
        ...options,
        env: { PGPASSWORD: "from".repeat(3) },
      });
      expect(secrets.mask("fromfromfrom")).toBe("***");
    });
  });

  it("is found by libpq's variables, and by its Unix socket", async () => {
    const env = { PGUSER: server.user, PGPASSWORD: server.password, PGPORT: String(server.port) };
    const socket = storeAt(`postgres:///postgres?host=${server.folder}`, env);
    expect((await writer(socket).record(event(), never)).seq).toBe(1);
    const network = storeAt("postgres:///postgres", { ...env, PGHOST: "127.0.0.1" });
    expect(await linesOf(network)).toHaveLength(1);
    const encoded = storeAt(`postgresql://${encodeURIComponent(server.folder)}/postgres`, env);
    expect(await linesOf(encoded)).toHaveLength(1);
  });
}

function aborts(server: TestPostgres): void {
  describe("a reader or writer that is told to stop", () => {
    const reason = new Error("enough");

    it("stops while the server says nothing", async () => {
      const silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void silent.close());
      const { port } = silent.address() as { port: number };
      const store = storeAt(server.url().replace(`:${server.port}/`, `:${port}/`));
      const controller = new AbortController();
      silent.once("connection", () => controller.abort(reason));
      await expect(store.head(controller.signal)).rejects.toBe(reason);
    });

    it("stops while it waits for its turn, and leaves no connection behind", async () => {
      const locked = Promise.withResolvers<void>();
      const { url, direct, database } = await through(server, (bytes, { forward }) => {
        if (isEntry(bytes)) locked.resolve();
        else forward();
      });
      const [controller, held] = [new AbortController(), new AbortController()];
      void hold(url, held.signal);
      const waiting = (what: string) =>
        server.sql(`SELECT count(*) FROM pg_stat_activity WHERE datname = '${database}' AND ${what}`);
      const until = async (what: string, count: string) => {
        // Each question holds this process up: what passes through it needs time between them.
        while (waiting(what) !== count) await new Promise((resolve) => setTimeout(resolve, 200));
      };
      await locked.promise;
      const attempt = writer(direct).record(event(), controller.signal);
      attempt.catch(() => {});
      await until("wait_event_type = 'Lock'", "1");
      controller.abort(reason);
      await expect(attempt).rejects.toBe(reason);
      held.abort();
      await until("application_name = 'release-sentinel'", "0");
      expect(await linesOf(direct)).toEqual([]);
    });
  });
}
