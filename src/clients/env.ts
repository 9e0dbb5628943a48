import { SentinelError } from "../core/errors.ts";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import type { EnvReader } from "./readers.ts";
import { createSecretFiles } from "./secret-file.ts";

/** Names that promise a secret; their values are masked whether or not anything asks for them. */
const secretName =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIALS?|API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|SIGNING_?KEY|WEBHOOK|WEBHOOK_URL|DATABASE_URL|DB_URL|DSN|CONNECTION_STRING|PAT)(_FILE)?$|^(PGPASSWORD|SSHPASS|REDISCLI_AUTH|NPM_CONFIG__AUTH)$|^(RS_ALERT_WEBHOOK|RS_DISCORD_WEBHOOK)(_FILE)?$/i;

/** Not secrets, whatever their names say. */
const ordinaryName = /^(OLDPWD|PWD|INIT_CWD|GITHUB_TOKEN_PERMISSIONS)$/;

/** For all who share a registry of secrets: a pipe can be read once. */
const readersOf = new WeakMap<Secrets, (path: string) => string>();

/** Reads the environment; registers what is secret in it. */
export function createEnv(env: NodeJS.ProcessEnv, secrets: Secrets): EnvReader {
  for (const [name, value] of Object.entries(env)) {
    if (!value) continue;
    if (secretName.test(name) && !ordinaryName.test(name) && !name.toUpperCase().endsWith("_FILE"))
      addSecret(value, secrets);
    addUrlPassword(/_PROXY$/i.test(name) && !value.includes("://") ? `http://${value}` : value, secrets);
  }
  const readFile = readersOf.get(secrets) ?? createSecretFiles();
  readersOf.set(secrets, readFile);
  return {
    get: (name) => env[name] || undefined,
    secret(name) {
      const value = env[name] || fromFile(env[`${name}_FILE`], `${name}_FILE`, readFile);
      if (value) addSecret(value, secrets);
      return value;
    },
  };
}

/** Variables that a program is given by their names; those without a value are left out. */
export function passedOn(names: readonly string[], env: EnvReader): Record<string, string> {
  const found = names.flatMap((name) => {
    const value = valueNamed(name, env);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

/** What its name says is a secret is known as one; a mode or a flag is none. */
export function valueNamed(name: string, env: EnvReader): string | undefined {
  return env.get(name) ?? env.secret(name);
}

/** A part of a URL that is as long may be a token. */
const longPart = 16;

/** Registers a secret; of a URL, such as a webhook's, also what is left of it where it is shown in another form. */
function addSecret(value: string, secrets: Secrets): void {
  secrets.add(value);
  addUrlPassword(value, secrets);
  const url = URL.parse(value.trim());
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname === "/") return;
  const asWritten = value.trim().replace(/^[^:/]*:\/*([^/?#]*@)?/, "");
  for (const place of [asWritten.replace(/[?#].*$/s, ""), `${url.host}${url.pathname}`])
    secrets.add(place.replace(/\/+$/, ""));
  for (const part of [...url.pathname.split("/"), ...url.searchParams.values()])
    if (part.length >= longPart) secrets.add(part);
}

/** Registers the password of a URL, and the same value decoded. */
export function addUrlPassword(value: string, secrets: Secrets): void {
  const userinfo = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\s]*)@/i.exec(value)?.[1];
  if (userinfo === undefined) return;
  const colon = userinfo.indexOf(":");
  // A user name alone can be a token: https://ghp_…@github.com
  const password = colon < 0 ? (userinfo.length >= 16 ? userinfo : "") : userinfo.slice(colon + 1);
  secrets.add(password);
  try {
    secrets.add(decodeURIComponent(password));
  } catch {
    // not an encoded text: the raw form is all there is
  }
}

function fromFile(
  path: string | undefined,
  name: string,
  read: (path: string) => string,
): string | undefined {
  if (!path) return undefined;
  try {
    return read(path).replace(/\r?\n$/, "") || undefined;
  } catch (error) {
    const cause =
      error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : "unknown cause";
    throw new SentinelError(
      "secret-unreadable",
      `${name}: cannot read ${printable(path, 200)} (${cause})`,
      "mount the secret there, or unset the variable",
    );
  }
}
