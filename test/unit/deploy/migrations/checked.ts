import { createMatcher } from "../../../../src/app/matcher.ts";
import { createFiles } from "../../../../src/clients/files.ts";
import type { Finding } from "../../../../src/core/finding.ts";
import { checkMigrations, type MigrationRequest } from "../../../../src/deploy/migrations/check.ts";
import { tempFolder } from "../../../support/temp.ts";
import { write } from "./files.ts";

const signal = new AbortController().signal;
export const quiet = "SET lock_timeout = '1s';\n";

/** What is found in migrations that lie in a folder of their own. */
export async function check(
  files: Readonly<Record<string, string | Uint8Array>>,
  shadowUrl: string | null,
  asked: Partial<MigrationRequest> & { readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<readonly Finding[]> {
  const { names = ["."], lintOnly = false, changed = null, env = {} } = asked;
  const cwd = tempFolder();
  write(cwd, files);
  const world = { cwd, files: createFiles(), matcher: createMatcher(), env, shadowUrl };
  return checkMigrations({ names, lintOnly, changed }, world, asked.signal ?? signal);
}

export const told = (findings: readonly Finding[]) =>
  findings.map(({ check, status, message }) => `${status} ${check.replace("migration.", "")} ${message}`);
export const bad = (findings: readonly Finding[]) =>
  findings.filter(({ status }) => status === "fail" || status === "unknown");
