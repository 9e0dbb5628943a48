import { type PostgresPlace, readPostgresUrl, shownPlace } from "../ledger/postgres-url.ts";

/** Variables that name a database in use. */
const inUse = ["DATABASE_URL", "RS_DATABASE_URL", "POSTGRES_URL", "RS_LEDGER"];
const telling = /(^|[^a-z])(prod|production|live|primary)([^a-z]|$)/i;
const harmless = /shadow|scratch|rehears|test|staging/i;

/** Why a database looks like one in use, for people; null where it does not. */
export function looksInUse(place: PostgresPlace, env: NodeJS.ProcessEnv): string | null {
  for (const name of inUse) {
    const other = placeOf(env[name], env);
    if (other && isSame(place, other)) return `it is the database of ${name}`;
  }
  if (harmless.test(place.database)) return null;
  const word = telling.exec(place.database)?.[2] ?? telling.exec(place.host)?.[2];
  return word === undefined ? null : `its address says "${word}": ${shownPlace(place)}`;
}

function placeOf(url: string | undefined, env: NodeJS.ProcessEnv): PostgresPlace | undefined {
  if (!url || !/^postgres(ql)?:/i.test(url.trim())) return undefined;
  try {
    return readPostgresUrl(url, env);
  } catch {
    return undefined;
  }
}

function isSame(a: PostgresPlace, b: PostgresPlace): boolean {
  const here = (host: string) =>
    /^(localhost|127(\.\d+){3}|::1|\/.*)$/i.test(host) ? "localhost" : host.toLowerCase().replace(/\.$/, "");
  const database = ({ database, user }: PostgresPlace) => database || user;
  return here(a.host) === here(b.host) && a.port === b.port && database(a) === database(b);
}
