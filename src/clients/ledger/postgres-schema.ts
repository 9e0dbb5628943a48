import type { Session } from "./postgres-session.ts";
import { isUnmade, PostgresFailure } from "./postgres-trouble.ts";

/**
 * What was done to a database so far, oldest first; an entry never changes once it is released. `usableFrom`: the oldest
 * version of these tables that a tool must know to go on working with them.
 */
const migrations: readonly { readonly usableFrom: number; readonly sql: string }[] = [
  {
    usableFrom: 1,
    // Names are always written with their schema: one role's search path must not lead to another ledger than another's.
    sql: `
CREATE TABLE release_sentinel.ledgers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project text COLLATE "C" NOT NULL UNIQUE,
  ledger text,
  seq bigint NOT NULL DEFAULT 0,
  sha256 text
);
COMMENT ON TABLE release_sentinel.ledgers IS
  'One row a project: the last entry that was written. Writers queue for it.';
CREATE TABLE release_sentinel.ledger_lines (
  ledger bigint NOT NULL REFERENCES release_sentinel.ledgers,
  seq bigint NOT NULL CHECK (seq > 0),
  line bytea NOT NULL,
  PRIMARY KEY (ledger, seq)
);
COMMENT ON TABLE release_sentinel.ledger_lines IS
  'The ledgers'' lines as they were hashed, in UTF-8, without their line breaks: convert_from(line, ''UTF8'').';
CREATE FUNCTION release_sentinel.only_added() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''% on %: the lines of a ledger are only ever added'', TG_OP, TG_TABLE_NAME; END';
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON release_sentinel.ledger_lines
  FOR EACH STATEMENT EXECUTE FUNCTION release_sentinel.only_added();
CREATE TRIGGER only_added BEFORE DELETE OR TRUNCATE ON release_sentinel.ledgers
  FOR EACH STATEMENT EXECUTE FUNCTION release_sentinel.only_added();
`,
  },
];

/** The version of the tables that this tool makes. */
export const currentVersion: number = migrations.length;

/** `rs_ledge` in ASCII: whoever migrates holds it. */
const migrating = "x'72735f6c65646765'::bigint";

/** Makes the tables, or brings them up to date; of several that do so at once one does. @throws PostgresFailure */
export async function migrate(session: Session, signal: AbortSignal): Promise<void> {
  await session.ask(
    `BEGIN; SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(${migrating})`,
    [],
    signal,
    35_000,
  );
  const [[there] = []] = await session.ask(
    "SELECT to_regclass('release_sentinel.ledger_schema')::text",
    [],
    signal,
  );
  const version = there == null ? 0 : await schemaVersion(session, signal);
  const steps = migrations.slice(version).map(({ usableFrom, sql }, i) => {
    const values = `${version + i + 1}, ${usableFrom}`;
    return `${sql}INSERT INTO release_sentinel.ledger_schema (version, usable_from) VALUES (${values});`;
  });
  await session.ask(
    `${version === 0 ? await first(session, signal) : ""}${steps.join("")}COMMIT`,
    [],
    signal,
  );
}

/** The schema may have been made for a role that may not make one. */
async function first(session: Session, signal: AbortSignal): Promise<string> {
  const [[there] = []] = await session.ask("SELECT to_regnamespace('release_sentinel')::text", [], signal);
  return `${there == null ? "CREATE SCHEMA release_sentinel;" : ""}
CREATE TABLE release_sentinel.ledger_schema (
  version integer PRIMARY KEY,
  usable_from integer NOT NULL,
  made timestamptz NOT NULL DEFAULT now()
);`;
}

/** The version of the tables that are there; 0 when there are none. @throws PostgresFailure `NEWER` */
export async function schemaVersion(session: Session, signal: AbortSignal): Promise<number> {
  const [row] = await session
    .ask("SELECT max(version)::text, max(usable_from)::text FROM release_sentinel.ledger_schema", [], signal)
    .catch((error: unknown) => {
      if (isUnmade(error)) return [];
      throw error;
    });
  const [version, usableFrom] = (row ?? [0, 0]).map(Number) as [number, number];
  if (usableFrom > currentVersion)
    throw new PostgresFailure("NEWER", "its tables were made by a newer release-sentinel");
  return version;
}
