import { looksInUse } from "../../clients/postgres/production.ts";
import { createShadow, readShadowUrl, type Shadow } from "../../clients/postgres/shadow.ts";
import { SentinelError } from "../../core/errors.ts";
import type { Finding } from "../../core/finding.ts";
import { count } from "../../core/text.ts";
import { type FileWorld, findMigrations, type MigrationFile } from "./files.ts";
import { finding } from "./finding.ts";
import { appliedOnShadow } from "./history.ts";
import { judgeMigration } from "./judge.ts";
import { type Migration, parseMigration } from "./parse.ts";
import { type Rehearsed, rehearse } from "./rehearse.ts";
import { explain } from "./server-word.ts";

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
  const applied = shadow
    ? await appliedOn(shadow, found.migrations, signal)
    : { files: new Map<MigrationFile, string>(), findings: [] };
  const pending = found.migrations.filter((file) => !applied.files.has(file));
  const parsed = await Promise.all(pending.map(({ path, up }) => parseMigration(path, up)));
  const migrations = parsed.filter((one): one is Migration => "statements" in one);
  const broken = parsed.flatMap((one) =>
    "statements" in one
      ? []
      : [
          finding("syntax", "fail", `PostgreSQL cannot read this: ${one.message}`, {
            path: one.path,
            place: one.place,
            remedy: "mend the SQL; psql's own commands (\\…) are none",
          }),
        ],
  );
  const rehearsed = await tried(
    shadow,
    request,
    migrations,
    [...found.findings, ...broken, ...applied.findings],
    signal,
  );
  return [
    ...found.findings,
    ...remembered(applied.files),
    ...applied.findings,
    ...broken,
    ...migrations.flatMap((migration) => judgeMigration(migration, rehearsed.rewritten)),
    ...rehearsed.findings,
    ...(pending.length === 0 && found.findings.every(({ status }) => status !== "fail")
      ? [finding("pending", "ok", "no migration is pending")]
      : []),
  ];
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

async function appliedOn(shadow: Shadow, files: readonly MigrationFile[], signal: AbortSignal) {
  if (files.every(({ up }) => up.version === null))
    return { files: new Map<MigrationFile, string>(), findings: [] };
  try {
    const rehearsal = await shadow.transaction(signal);
    try {
      return { files: await appliedOnShadow(files, rehearsal, signal), findings: [] };
    } finally {
      await rehearsal.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    const { cause, remedy } = explain(error);
    const message = `the shadow database ${shadow.title} cannot say what is pending: ${cause}`;
    return {
      files: new Map<MigrationFile, string>(),
      findings: [finding("rehearsal", "unknown", message, { remedy })],
    };
  }
}

function remembered(applied: ReadonlyMap<MigrationFile, string>): Finding[] {
  if (applied.size === 0) return [];
  const tables = [...new Set(applied.values())].join(", ");
  const message = `${count(applied.size, "migration")} left out: the shadow database has ${applied.size === 1 ? "it" : "them"} already, by ${tables}`;
  return [finding("pending", "notice", message, { details: [...applied.keys()].map(({ path }) => path) })];
}

const none: Rehearsed = { findings: [], rewritten: new Map() };

async function tried(
  shadow: Shadow | null,
  { lintOnly }: MigrationRequest,
  migrations: readonly Migration[],
  before: readonly Finding[],
  signal: AbortSignal,
): Promise<Rehearsed> {
  if (lintOnly)
    return { ...none, findings: [finding("rehearsal", "skipped", "nothing was tried out: --lint-only")] };
  if (!shadow) {
    const remedy =
      "SHADOW_DB_URL=postgres://USER:PASSWORD@HOST/shadow, a database with the schema of production; --lint-only does without";
    return {
      ...none,
      findings: [finding("rehearsal", "fail", "Missing required env var: SHADOW_DB_URL", { remedy })],
    };
  }
  // What comes after a file that cannot be read would be tried out on a schema that is none.
  if (before.some(({ status }) => status === "fail" || status === "unknown")) {
    return {
      ...none,
      findings: [finding("rehearsal", "skipped", "nothing was tried out: not all of it could be read")],
    };
  }
  return migrations.length === 0 ? none : rehearse(migrations, shadow, signal);
}
