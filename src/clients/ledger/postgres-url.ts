import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";

/** Where a server is and how it is spoken to, as a `postgres://` URL and libpq's variables say. */
export interface PostgresPlace {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Empty: libpq's variables or the system's user. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `null`: without TLS. */
  readonly tls: ConnectionOptions | null;
  /** Go on without TLS when the server has none: libpq's `prefer`. */
  readonly plainIfRefused: boolean;
  readonly channelBinding: boolean;
  /** Server settings for the session, as libpq's `options`. */
  readonly options: string;
  /** Our own parameter `project`; empty without. */
  readonly project: string;
}

/** TLS as libpq means it: only these two look at who the server is. */
const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const noHost = "_";
const known = ["sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation"];

/**
 * @param variable the one that holds the URL, for people
 * @throws SentinelError `flag-invalid`; its message holds neither the user nor the password
 */
export function readPostgresUrl(text: string, env: NodeJS.ProcessEnv, variable = "RS_LEDGER"): PostgresPlace {
  try {
    return read(text, env);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new SentinelError(
      "flag-invalid",
      `${variable} is not a postgres URL that can be used: ${error.message}`,
      `${variable}=postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full`,
    );
  }
}

function read(text: string, env: NodeJS.ProcessEnv): PostgresPlace {
  const url = parse(text);
  const given = (name: string, variable?: string): string =>
    url.searchParams.get(name) || (variable === undefined ? "" : env[variable]) || "";
  const unknown = [...url.searchParams.keys()].find((name) => /^ssl/i.test(name) && !known.includes(name));
  if (unknown !== undefined) throw unusable(`the parameter ${printable(unknown, 50)} is not supported`);
  const named = url.hostname === noHost ? "" : decoded(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  const host = given("host") || named || env["PGHOST"] || "localhost";
  const port = Number(url.port || given("port", "PGPORT") || 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw unusable("the port is none");
  if (given("sslnegotiation") === "direct") throw unusable("sslnegotiation=direct is not supported");
  return {
    host,
    port,
    user: decoded(url.username) || given("user", "PGUSER"),
    password: decoded(url.password) || given("password", "PGPASSWORD"),
    database: decoded(url.pathname.slice(1)) || given("dbname", "PGDATABASE"),
    ...tlsOf(host, given),
    channelBinding: given("channel_binding", "PGCHANNELBINDING") === "require",
    options: given("options", "PGOPTIONS"),
    project: given("project"),
  };
}

/** For people: no user, no password, no parameters. */
export function shownPlace({ host, port, database }: PostgresPlace): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return printable(`postgres://${name}:${port}/${database}`, 200);
}

function parse(text: string): URL {
  // WHATWG's URLs may not lack a host after a user or before a port; libpq's may.
  const whole = text.trim().replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[:/?#]|$)/i, `$1${noHost}`);
  try {
    return new URL(whole);
  } catch {
    throw unusable(
      "it cannot be read (in a user or password, @ : / ? # % are written %40 %3A %2F %3F %23 %25)",
    );
  }
}

type Given = (name: string, variable?: string) => string;

function tlsOf(host: string, given: Given): Pick<PostgresPlace, "tls" | "plainIfRefused"> {
  const rootFile = given("sslrootcert", "PGSSLROOTCERT");
  const mode = given("sslmode", "PGSSLMODE") || (rootFile === "system" ? "verify-full" : "prefer");
  if (!modes.includes(mode)) throw unusable(`sslmode is one of ${modes.join(", ")}`);
  if (rootFile === "system" && mode !== "verify-full")
    throw unusable("sslrootcert=system goes with sslmode=verify-full");
  if (mode === "disable" || host.startsWith("/")) return { tls: null, plainIfRefused: false };
  const plainIfRefused = mode === "prefer" || mode === "allow";
  const ca = rootFile === "" || rootFile === "system" ? {} : { ca: pem(rootFile, "sslrootcert") };
  const [cert, key] = [given("sslcert", "PGSSLCERT"), given("sslkey", "PGSSLKEY")];
  const own = cert === "" ? {} : { cert: pem(cert, "sslcert"), key: pem(key || cert, "sslkey") };
  // libpq: with a root certificate `require` looks at the chain as well.
  const looksAtChain = mode === "verify-full" || mode === "verify-ca" || (mode === "require" && "ca" in ca);
  if (mode === "verify-ca" && !("ca" in ca)) throw unusable("sslmode=verify-ca needs sslrootcert=FILE");
  const anyName = mode === "verify-full" ? {} : { checkServerIdentity: () => undefined };
  return { tls: { ...ca, ...own, ...anyName, rejectUnauthorized: looksAtChain }, plainIfRefused };
}

function pem(path: string, parameter: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = "unknown cause" } = error as NodeJS.ErrnoException;
    throw unusable(`${parameter}: ${printable(path, 200)} cannot be read (${code})`);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable("a % in it stands for nothing; the character itself is written as %25");
  }
}

class Unusable extends Error {}

function unusable(why: string): Unusable {
  return new Unusable(why);
}
