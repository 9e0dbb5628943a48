import { looksInUse } from "../../clients/postgres/production.ts";
import { createShadow, readShadowUrl, type Shadow } from "../../clients/postgres/shadow.ts";
import { SentinelError } from "../../core/errors.ts";
import type { Finding } from "../../core/finding.ts";
import { type FileWorld, findMigrations, type MigrationFile } from "./files.ts";
import { finding } from "./finding.ts";
import { judgeMigration } from "./judge.ts";
import { type Migration, parseMigration } from "./parse.ts";
import { pendingOf } from "./pending.ts";
import type { Rehearsed } from "./play.ts";
import { rehearse } from "./rehearse.ts";

export interface MigrationWorld extends FileWorld {
  readonly env: NodeJS.ProcessEnv;
  /** `SHADOW_DB_URL`, or what its file holds; null: nothing is tried out, and that is said. */
  readonly shadowUrl: string | null;
}

export interface MigrationRequest {
  /** Files, folders, globs. */
  readonly names: readonly string[];
  /** Only read and judge: no database. */
  readonly lintOnly: boolean;
  /** Whether a path, from the current folder, is new: the others are not judged. Null: all are. */
  readonly changed: ((path: string) => boolean) | null;
}

const limits = { statementMs: 2 * 60_000, lockMs: 5000 };

/**
 * Reads, judges and tries out the migrations that are pending. Every answer is a finding.
 * @throws SentinelError `flag-invalid` for names that name nothing, and a shadow that must not be used; StepFailure;
 * the signal's reason
 */
export async function checkMigrations(
  request: MigrationRequest,
  world: MigrationWorld,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const shadow = request.lintOnly ? null : shadowOf(world);
  const found = await findMigrations(request.names, world, signal);
  const [nothing] = found.missing;
  if (nothing !== undefined) {
    throw new SentinelError(
      "flag-invalid",
      `there is no migration ${nothing}`,
      "name .sql files, folders of them, or globs in quotes",
    );
  }
  const pending = await pendingOf(found.migrations, request.changed, shadow, signal);
  const [first, judged] = await Promise.all([parsedOf(pending.first), parsedOf(pending.judged)]);
  const unread = [...found.findings, ...pending.findings, ...first.broken, ...judged.broken];
  const rehearsed = await tried(shadow, request, { first, judged, unread }, signal);
  return [
    ...unread,
    ...judged.migrations.flatMap((migration, n) =>
      judgeMigration(migration, judged.migrations.slice(0, n), rehearsed.seen),
    ),
    ...rehearsed.findings,
  ];
}

interface Parsed {
  readonly migrations: readonly Migration[];
  readonly broken: readonly Finding[];
}

async function parsedOf(files: readonly MigrationFile[]): Promise<Parsed> {
  const parsed = await Promise.all(files.map(({ path, up }) => parseMigration(path, up)));
  const remedy = "mend the SQL; psql's own commands (\\…) are none";
  return {
    migrations: parsed.filter((one) => "statements" in one),
    broken: parsed.flatMap((one) => {
      if ("statements" in one) return [];
      const { path, place, message } = one;
      return [finding("syntax", "fail", `PostgreSQL cannot read this: ${message}`, { path, place, remedy })];
    }),
  };
}

/** @throws SentinelError where the variable is no URL, or leads to a database in use */
function shadowOf({ shadowUrl, env }: MigrationWorld): Shadow | null {
  if (shadowUrl === null) return null;
  const place = readShadowUrl(shadowUrl, env);
  const why = looksInUse(place, env);
  if (why === null) return createShadow(place, limits);
  throw new SentinelError(
    "flag-invalid",
    `SHADOW_DB_URL looks like a database in use, and nothing was tried out: ${why}`,
    "name a database of its own, with the schema of production and `shadow` in its name",
  );
}

const none: Rehearsed = { findings: [], seen: new Map() };

async function tried(
  shadow: Shadow | null,
  { lintOnly }: MigrationRequest,
  {
    first,
    judged,
    unread,
  }: { readonly first: Parsed; readonly judged: Parsed; readonly unread: readonly Finding[] },
  signal: AbortSignal,
): Promise<Rehearsed> {
  const untried = (status: "skipped" | "fail", message: string, remedy?: string): Rehearsed => ({
    ...none,
    findings: [finding("rehearsal", status, message, remedy === undefined ? {} : { remedy })],
  });
  if (lintOnly) return untried("skipped", "nothing was tried out: --lint-only");
  if (!shadow) {
    return untried(
      "fail",
      "Missing required env var: SHADOW_DB_URL",
      "SHADOW_DB_URL=postgres://USER:PASSWORD@HOST/shadow, a database with the schema of production; --lint-only does without",
    );
  }
  // What comes after a file that cannot be read would be tried out on a schema that is none.
  if (unread.some(({ status }) => status === "fail" || status === "unknown"))
    return untried("skipped", "nothing was tried out: not all of it could be read");
  if (judged.migrations.length === 0) return none;
  return rehearse(first.migrations, judged.migrations, shadow, signal);
}
