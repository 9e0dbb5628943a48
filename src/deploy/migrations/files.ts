import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { FileReader } from "../../clients/files.ts";
import { readTextFile, TextFileProblem } from "../../clients/text-file.ts";
import type { Finding } from "../../core/finding.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { finding } from "./finding.ts";
import { inOrder, type UpPart, upPart, wayBackOf } from "./layout.ts";

export interface FileWorld {
  readonly cwd: string;
  readonly files: FileReader;
  /** Makes a test of a glob. */
  readonly matcher: (glob: string) => (path: string) => boolean;
}

export interface MigrationFile {
  /** From the current folder, with `/`. */
  readonly path: string;
  readonly up: UpPart;
}

export interface FoundMigrations {
  /** In the order in which they are run. */
  readonly migrations: readonly MigrationFile[];
  /** Of files that cannot be read, and of those that are no way forward. */
  readonly findings: readonly Finding[];
  /** Names that name nothing. */
  readonly missing: readonly string[];
}

const maxBytes = 16 * 1024 * 1024;

/**
 * The migrations that files, folders and globs name.
 * @throws StepFailure when a folder cannot be read
 */
export async function findMigrations(
  names: readonly string[],
  world: FileWorld,
  signal: AbortSignal,
): Promise<FoundMigrations> {
  const found = await Promise.all(names.map((name) => pathsOf(name, world, signal)));
  const missing = names.filter((_, i) => found[i]?.length === 0);
  const paths = [...new Set(found.flat())].sort();
  const findings: Finding[] = [];
  const migrations: MigrationFile[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    try {
      const text = await readTextFile(resolve(world.cwd, path), maxBytes);
      const back = wayBackOf(path);
      const isThere = back === null ? null : (await pathsOf(back, world, signal)).length > 0;
      const up = upPart(path, text, isThere ?? false);
      if ("leftOut" in up)
        findings.push(finding("file", "skipped", `left out: it is ${up.leftOut}`, { path }));
      else migrations.push({ path, up });
    } catch (error) {
      if (!(error instanceof TextFileProblem)) throw error;
      const remedy = "SQL files are UTF-8 text; load data by other means than a migration";
      findings.push(finding("file", "fail", `the file ${error.message}`, { path, remedy }));
    }
  }
  return { migrations: inOrder(migrations), findings, missing };
}

async function pathsOf(
  name: string,
  { cwd, files, matcher }: FileWorld,
  signal: AbortSignal,
): Promise<string[]> {
  const given =
    (isAbsolute(name) ? relative(cwd, name) : name).split(sep).join("/").replace(/^\.\//, "") || ".";
  const isSql = (path: string) => /\.sql$/i.test(path);
  const find = (base: string, matches: (path: string) => boolean) =>
    files.find(cwd, base, matches, signal).catch((error: NodeJS.ErrnoException) => {
      throw new StepFailure(
        `${printable(name, 200)}: cannot be read (${error.code ?? "unknown cause"})`,
        "see the folder's permissions",
      );
    });
  // A name that is there is meant as it is, whatever characters it has.
  const exact = await find(join(given).split(sep).join("/"), (path) => path === given || isSql(path));
  if (exact.length > 0) return exact.map(({ path }) => path);
  const parts = given.split("/");
  const wild = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  if (wild < 0) return [];
  const matches = matcher(given);
  return (await find(parts.slice(0, wild).join("/"), (path) => matches(path) && isSql(path))).map(
    ({ path }) => path,
  );
}
