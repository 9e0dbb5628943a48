import { PostgresFailure } from "../../clients/ledger/postgres-trouble.ts";
import { printable } from "../../core/text.ts";

/** The server's own error, as the library hands it on. */
export interface ServerError {
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  /** Characters from 1, in the statement. */
  readonly position?: string;
}

/** Undefined for what is no answer of the server: a network that fails, a limit of ours. */
export function serverError(error: unknown): ServerError | undefined {
  return error instanceof Error && "severity" in error ? (error as unknown as ServerError) : undefined;
}

/** What a statement is told that runs in no transaction, or that needs an earlier one to be committed. */
const apart = new Set(["25001", "55P04", "2D000"]);

export function wantsNoTransaction(error: unknown): boolean {
  return apart.has(serverError(error)?.code ?? "");
}

/** Says nothing of the migration: the server stops, is full, was too slow, or others were in the way. */
export function isInconclusive({ code }: ServerError): boolean {
  return /^(08|53|57|58|XX)/.test(code) || ["55P03", "40P01", "40001", "25P03", "25P04"].includes(code);
}

const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^28|^NO_PASSWORD$/, "see the user and the password in SHADOW_DB_URL, and sslmode"],
  [/^3D000$/, "createdb it from a copy of production's schema, or name another database in SHADOW_DB_URL"],
  [/^42501$/, "GRANT it, or for a scratch copy: ALTER ROLE … CREATEDB"],
  [/^55006$/, "end who is connected to the shadow: SELECT * FROM pg_stat_activity"],
  [/^55P03$/, "end who uses the shadow meanwhile: SELECT * FROM pg_stat_activity"],
  [/^57014$/, "see what it waits for, or give it a smaller shadow: the limit is meant to be long enough"],
  [/^25006$/, "name a primary server in SHADOW_DB_URL: this one only reads"],
  [
    /^42(P07|701|710|723|P06)$/,
    "the shadow has it already: bring it back to the schema of production, or name only what is pending",
  ],
  [
    /^42(P01|703|704|883)$/,
    "mend the name, or bring the shadow up to the schema of production, or name the earlier migrations too",
  ],
  [/^23/, "clean the rows up first, in batches, before the constraint"],
  [
    /CERT|^ERR_TLS|^(SELF|UNABLE)_|_CA_|ISSUER/,
    "?sslrootcert=FILE names the authority that signed for the server",
  ],
];

/** The reason in the server's, the network's or the clock's own words, without values of rows. */
export function explain(error: unknown): { readonly cause: string; readonly remedy: string } {
  const server = serverError(error);
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  const own = error instanceof PostgresFailure || server ? message : code || message;
  const cause = printable(server ? `${message} (SQLSTATE ${server.code})` : own, 300);
  const remedy = remedies.find(([pattern]) => pattern.test(code))?.[1];
  const otherwise = server
    ? 'mend the statement: psql "$SHADOW_DB_URL" tells more'
    : 'see that the server runs and can be reached from here: pg_isready -d "$SHADOW_DB_URL"';
  return { cause, remedy: remedy ?? otherwise };
}
