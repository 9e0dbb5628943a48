import { randomBytes } from "node:crypto";
import { openSession, type Row, type Session } from "../ledger/postgres-session.ts";
import { type PostgresPlace, readPostgresUrl, shownPlace } from "../ledger/postgres-url.ts";

/** How long statements may take on the server, and how long they may wait for others there. Milliseconds. */
export interface ShadowLimits {
  readonly statementMs: number;
  readonly lockMs: number;
}

/** One connection on which a migration is tried out. */
export interface Rehearsal {
  /** One statement. @throws DatabaseError with `code` and `position`; PostgresFailure; the signal's reason */
  run(sql: string, signal: AbortSignal): Promise<readonly Row[]>;
  /** Nothing of what was done is left; never throws. The sentence for people where that did not work. */
  close(): Promise<string | null>;
}

/** A database that migrations may be tried out on. */
export interface Shadow {
  /** `postgres://host:5432/shadow`, without user and password. */
  readonly title: string;
  /** A transaction that is never committed. */
  transaction(signal: AbortSignal): Promise<Rehearsal>;
  /** A copy of the database, dropped when it is closed; for what runs in no transaction. */
  copy(signal: AbortSignal): Promise<Rehearsal>;
}

const prefix = "release_sentinel_scratch_";
/** Copies that a killed run has left are dropped by the next one after this time. */
const staleMs = 60 * 60_000;
const tidyMs = 20_000;
/** Beyond what the server allows a statement: only a network that hangs comes to this. */
const graceMs = 10_000;

export function createShadow(place: PostgresPlace, limits: ShadowLimits): Shadow {
  const { statementMs, lockMs } = limits;
  const settings = [
    `SET statement_timeout = ${statementMs}`,
    `SET lock_timeout = ${lockMs}`,
    `SET idle_in_transaction_session_timeout = ${tidyMs * 3}`,
  ].join(";");

  const runner = (session: Session) => (sql: string, signal: AbortSignal) =>
    session.ask(sql, [], signal, statementMs + graceMs);

  return {
    title: shownPlace(place),
    async transaction(signal) {
      const session = await openSession(place, signal);
      try {
        await session.ask(`${settings};BEGIN`, [], signal);
      } catch (error) {
        session.end();
        throw error;
      }
      return {
        run: runner(session),
        async close() {
          // A connection that ends takes its transaction with it.
          await session.ask("ROLLBACK", [], AbortSignal.timeout(tidyMs)).catch(() => {});
          session.end();
          return null;
        },
      };
    },
    async copy(signal) {
      const name = `${prefix}${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString("hex")}`;
      await withMaintenance(place, signal, async (session) => {
        await dropStale(session, signal);
        await copyDatabase(session, place.database || place.user, name, statementMs + graceMs, signal);
      });
      const copy = { ...place, database: name };
      try {
        const session = await openSession(copy, signal);
        await session.ask(settings, [], signal);
        return {
          run: runner(session),
          close: async () => {
            session.end();
            return dropCopy(place, name);
          },
        };
      } catch (error) {
        await dropCopy(place, name);
        throw error;
      }
    },
  };
}

/** Where databases are made and dropped from: never the shadow itself, which nobody may be connected to meanwhile. */
async function withMaintenance<T>(
  place: PostgresPlace,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const database = place.database === "postgres" ? "template1" : "postgres";
  const session = await openSession({ ...place, database }, signal);
  try {
    return await work(session);
  } finally {
    session.end();
  }
}

/** The server itself waits 5 s for others to leave the database. */
async function copyDatabase(
  session: Session,
  from: string,
  to: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  await session.ask(`SET statement_timeout = ${limitMs}`, [], signal);
  await session.ask(`CREATE DATABASE ${to} TEMPLATE ${identifier(from)}`, [], signal, limitMs + graceMs);
}

async function dropCopy(place: PostgresPlace, name: string): Promise<string | null> {
  const signal = AbortSignal.timeout(tidyMs);
  try {
    await withMaintenance(place, signal, (session) => drop(session, name, signal));
    return null;
  } catch {
    return `the copy ${name} could not be dropped: the next check drops it, or DROP DATABASE ${name}`;
  }
}

async function drop(session: Session, name: string, signal: AbortSignal): Promise<void> {
  // `WITH (FORCE)` came with PostgreSQL 13.
  await session.ask(
    "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = $1",
    [name],
    signal,
  );
  await session.ask(`DROP DATABASE IF EXISTS ${identifier(name)}`, [], signal, tidyMs);
}

async function dropStale(session: Session, signal: AbortSignal): Promise<void> {
  const sql = `SELECT datname::text FROM pg_database WHERE datname LIKE '${prefix.replaceAll("_", "\\_")}%'`;
  for (const [name = ""] of await session.ask(sql, [], signal)) {
    const made = Number(/_(\d+)_[0-9a-f]+$/.exec(name ?? "")?.[1]) * 1000;
    // Somebody else's may be in the way of being dropped; ours is not held up by it.
    if (name && made < Date.now() - staleMs) await drop(session, name, signal).catch(() => {});
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Reads where the shadow is. @throws SentinelError `flag-invalid` */
export function readShadowUrl(url: string, env: NodeJS.ProcessEnv): PostgresPlace {
  return readPostgresUrl(url, env, "SHADOW_DB_URL");
}
