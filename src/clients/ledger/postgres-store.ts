import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { add, isThere, lastLine, lock, type Page, pageOf, remembered, spanOf } from "./postgres-lines.ts";
import { createPool } from "./postgres-pool.ts";
import type { Session } from "./postgres-session.ts";
import { postgresTrouble } from "./postgres-trouble.ts";
import { readPostgresUrl, shownPlace } from "./postgres-url.ts";
import type { Anchor, LedgerStore, Lines } from "./store.ts";

const newline = 0x0a;
const firstPageBytes = 64 * 1024;
const pageBytes = 512 * 1024;

export interface PostgresStoreOptions {
  /** `postgres://…`, with libpq's parameters and our own `project`. */
  readonly url: string;
  /** For libpq's variables, such as PGPASSWORD. */
  readonly env: NodeJS.ProcessEnv;
  /** Whose ledger it is, unless the URL says so: see `projectOfRemote`. Asked once, when it is first needed. */
  readonly project: () => Promise<string | null>;
  /** Hears of every secret in the URL and the variables, to be masked from then on. */
  readonly addSecret: (value: string) => void;
}

/**
 * Ledgers in a PostgreSQL database: one a project, written to by any number of machines. An entry is acknowledged once its
 * transaction is committed to the server's disk.
 * Its calls throw `flag-invalid` besides, when nothing names the project.
 * @throws SentinelError `flag-invalid` when the URL cannot be used
 */
export function createPostgresStore(options: PostgresStoreOptions): LedgerStore {
  const { url, env, addSecret } = options;
  const userinfo = /^[a-z]+:\/\/([^/?#]*)@/i.exec(url.trim())?.[1] ?? "";
  addSecret(userinfo.slice(userinfo.indexOf(":") + 1 || userinfo.length));
  const place = readPostgresUrl(url, env);
  addSecret(place.password);
  const server = shownPlace(place);
  let known = place.project;
  const where = () => (known === "" ? server : `${server}, project ${printable(known, 200)}`);
  const pool = createPool(place);

  async function projectName(): Promise<string> {
    known ||= (await options.project()) ?? "";
    if (known !== "") return known;
    throw new SentinelError(
      "flag-invalid",
      "RS_LEDGER: nothing says whose ledger it is: there is no remote whose URL could name the project",
      "add it to the URL: RS_LEDGER=postgres://…?project=NAME",
    );
  }

  async function reading<T>(
    signal: AbortSignal,
    empty: T,
    use: (session: Session, project: string) => Promise<T>,
  ): Promise<T> {
    try {
      const project = await projectName();
      return await pool.use(false, signal, async (session, made) => (made ? use(session, project) : empty));
    } catch (error) {
      signal.throwIfAborted();
      throw postgresTrouble("ledger-unreadable", error, { where: where() });
    }
  }

  /** All lines in blocks, the next one being read while one is used. */
  async function* pages(backwards: boolean, signal: AbortSignal): AsyncGenerator<Buffer> {
    const span = await reading(signal, null, (session, project) => spanOf(session, project, signal));
    if (span === null) return;
    const enough = new AbortController();
    const both = AbortSignal.any([signal, enough.signal]);
    const read = (after: string, bytes: number): Promise<Page | null> => {
      const page = reading(both, null, (session) =>
        pageOf(session, { ...span, after, backwards, bytes }, both),
      );
      // Lest it counts as unhandled while the consumer is at work: it is awaited next.
      page.catch(() => {});
      return page;
    };
    try {
      let coming = read(backwards ? span.end : "0", backwards ? firstPageBytes : pageBytes);
      for (let page = await coming; page !== null; page = await coming) {
        coming = read(page.last, pageBytes);
        yield page.lines;
      }
    } finally {
      enough.abort();
    }
  }

  return {
    kind: "postgres",
    get where() {
      return where();
    },
    head: (signal) =>
      reading(signal, null, async (session, project) => {
        const span = await spanOf(session, project, signal);
        return span && lastLine(session, span.id, signal);
      }),
    async append(build, signal) {
      // What was on its way when the connection ended: it may be there.
      let sent: Lines | undefined;
      try {
        const project = await projectName();
        return await pool.use(true, signal, async (session) => {
          const { id, head } = await lock(session, project, signal);
          const arrived = sent !== undefined && (await isThere(session, id, sent, signal));
          const lines = arrived && sent ? sent : build(head);
          sent = undefined;
          if (!arrived) await add(session, id, lines, signal);
          sent = lines;
          await session.ask("COMMIT", [], signal);
          return { head: lines.head, notices: [] };
        });
      } catch (error) {
        signal.throwIfAborted();
        throw postgresTrouble("ledger-unwritable", error, { where: where(), unsure: sent !== undefined });
      }
    },
    blocks: (signal) => pages(false, signal),
    async *backwards(signal) {
      for await (const lines of pages(true, signal)) {
        let start = 0;
        for (let at = lines.indexOf(newline); at >= 0; at = lines.indexOf(newline, start)) {
          yield lines.subarray(start, at);
          start = at + 1;
        }
      }
    },
    witnesses: (signal) =>
      reading(signal, [] as readonly Anchor[], (session, project) => remembered(session, project, signal)),
    async probe(signal) {
      try {
        const project = await projectName();
        await pool.use(true, signal, async (session) => {
          const { id, head } = await lock(session, project, signal);
          const trial = { seq: (head?.seq ?? 0) + 1, sha256: "", ledger: "", time: "" };
          await add(session, id, { text: "\n", head: trial }, signal);
          await session.ask("ROLLBACK", [], signal);
        });
      } catch (error) {
        signal.throwIfAborted();
        throw postgresTrouble("ledger-unwritable", error, { where: where() });
      }
    },
    close: () => pool.close(),
  };
}
