import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { DamagedTail } from "./tail.ts";

/** The server did not do what was asked, by its own word, the network's or the clock's. */
export class PostgresFailure extends Error {
  override readonly name = "PostgresFailure";
  /** SQLSTATE, Node's code, or one of ours: `TIMEOUT`, `LOST`, `NO_PASSWORD`, `NEWER`. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Starting, stopping, full for the moment, or chosen as the one to give way: the next try may well do. */
const passing = new Set(["57P01", "57P02", "57P03", "53300", "40001", "40P01", "25P03"]);
/** The same of a server that has answered before. */
const gone = new Set(["LOST", "ECONNRESET", "ECONNREFUSED", "EPIPE", "ENOENT"]);

/** Whether to try again. @param met whether this server has answered before */
export function mayPass(error: unknown, met: boolean): boolean {
  const code = codeOf(error);
  return passing.has(code) || /^08...$/.test(code) || (met && gone.has(code));
}

/** Where nothing was ever written, there is no such table. */
export function isUnmade(error: unknown): boolean {
  return ["42P01", "3F000"].includes(codeOf(error));
}

const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^28/, "see the user and the password in RS_LEDGER (or PGUSER, PGPASSWORD), and sslmode"],
  [/^NO_PASSWORD$/, "RS_LEDGER=postgres://USER:PASSWORD@HOST/DATABASE, or PGPASSWORD"],
  [/^3D000$/, "createdb, or name another database in RS_LEDGER"],
  [/^42501$/, "let the database's owner run it once, then grant what docs/decisions/0013 lists"],
  [/^25006$/, "name the primary server in RS_LEDGER: this one only reads"],
  [/^53[12]00$/, "free some space where the database is"],
  [/^53300$/, "raise max_connections, or put a pooler before the server"],
  [/^(55P03|57014)$/, "see who: SELECT * FROM pg_stat_activity WHERE application_name = 'release-sentinel'"],
  [/^NEWER$/, "update release-sentinel"],
  [
    /CERT|^ERR_TLS|^(SELF|UNABLE)_|_CA_|ISSUER/,
    "?sslrootcert=FILE names the authority that signed for the server",
  ],
];

/** Why a ledger in a database cannot be written or read. @param unsure whether a commit was on its way */
export function postgresTrouble(
  code: "ledger-unwritable" | "ledger-unreadable",
  error: unknown,
  { where, unsure = false }: { readonly where: string; readonly unsure?: boolean },
): SentinelError {
  if (error instanceof SentinelError) return error;
  const verb = code === "ledger-unwritable" ? "write" : "read";
  const begin = `cannot ${verb} the ledger ${where}`;
  if (error instanceof DamagedTail) {
    const remedy = "release-sentinel ledger verify; RS_LEDGER=postgres://…?project=NAME begins a new one";
    return new SentinelError(code, `${begin}: ${error.message}`, remedy);
  }
  const found = codeOf(error);
  const own = error instanceof Error ? error.message : String(error);
  const cause = printable(found === "55P03" ? "others have held its lock for too long" : own || found, 300);
  const remedy = remedies.find(([pattern]) => pattern.test(found))?.[1];
  return new SentinelError(
    code,
    `${begin}: ${cause}${unsure ? " (whether the entry was written is not known)" : ""}`,
    remedy ?? "see that the server runs and can be reached from here: pg_isready; RS_LEDGER=off does without",
  );
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
