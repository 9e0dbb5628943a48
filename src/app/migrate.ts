import { join, relative, sep } from "node:path";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import type { Verdict } from "../core/verdict.ts";
import { checkMigrations, type MigrationWorld } from "../deploy/migrations/check.ts";
import type { DeploySettings } from "../deploy/settings.ts";
import { migrateCheck } from "../flows/migrate.ts";
import type { Job } from "./job.ts";
import { createMatcher } from "./matcher.ts";

export interface MigrateRequest {
  /** Undefined: what the configuration says for all. */
  readonly environment: string | undefined;
  /** Files, folders, globs; empty: what the configuration names. */
  readonly names: readonly string[];
  readonly lintOnly: boolean;
  /** A ref: what has not changed since then is not judged. */
  readonly since: string | undefined;
}

/** Judges migrations, and tries them out on the shadow database. @throws SentinelError for wrong input */
export async function runMigrateCheck(job: Job, request: MigrateRequest): Promise<Verdict> {
  const { environment = "", lintOnly, since } = request;
  const settings = sectionFor<DeploySettings>(await job.config(), environment, "deploy");
  const names = request.names.length > 0 ? request.names : (settings.migrations?.check ?? []);
  if (names.length === 0) {
    throw new SentinelError(
      "flag-invalid",
      "there is nothing to check: no migration is named",
      "release-sentinel migrate check 'db/migrations/*.sql', or deploy.migrations.check in the configuration",
    );
  }
  const changed = since === undefined ? null : await changedSince(job, since);
  const repository = await job.clients.readers.git.repository().catch(() => undefined);
  const ready = repository?.state === "ready" ? repository : undefined;
  return migrateCheck({
    environment: environment || "(any)",
    commit: ready?.commit ?? null,
    branch: ready?.branch ?? null,
    emit: job.emit,
    check: () =>
      checkMigrations({ names, lintOnly, changed }, migrationWorld(job), job.signal)
        .then((findings) => job.secrets.maskDeep(findings))
        .catch((error) => {
          if (error instanceof StepFailure)
            throw new SentinelError("flag-invalid", error.message, error.remedy);
          throw error;
        }),
  });
}

/** Tells paths, from the current folder, that are new or changed since a ref, committed or not. @throws SentinelError */
async function changedSince(
  { cwd, clients, signal }: Job,
  since: string,
): Promise<(path: string) => boolean> {
  const { git } = clients.readers;
  const repository = await git.repository();
  if (repository.state !== "ready" || (await git.resolve(since, signal)) === null) {
    throw new SentinelError(
      "flag-invalid",
      `--since ${printable(since, 100)}: there is no such commit here`,
      "name a branch, tag or commit that this clone has: origin/main, fetched by git fetch origin main",
    );
  }
  const [committed, open] = await Promise.all([git.changedFiles(since, signal), git.status(signal)]);
  const paths = new Set([...committed, ...open.map(({ path }) => path)]);
  // Of a folder that is new altogether, git names the folder.
  const folders = [...paths].filter((path) => path.endsWith("/"));
  return (path) => {
    const there = relative(repository.root, join(cwd, path)).split(sep).join("/");
    return paths.has(there) || folders.some((folder) => there.startsWith(folder));
  };
}

/** What migrations are read and tried out with. */
export function migrationWorld({
  cwd,
  env,
  files,
  clients,
}: Pick<Job, "cwd" | "env" | "files" | "clients">): MigrationWorld {
  const matcher = createMatcher();
  const shadowUrl = clients.readers.env.secret("SHADOW_DB_URL") ?? null;
  return { cwd, env, files, matcher: (glob) => matcher(glob), shadowUrl };
}
