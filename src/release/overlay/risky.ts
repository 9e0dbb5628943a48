import type { HistoryReader } from "../../clients/git/history.ts";
import type { Notes } from "../notes/model.ts";
import { oneLine } from "../notes/text.ts";
import type { RiskyPaths } from "./model.ts";
import type { RiskySettings } from "./settings.ts";

const mostPaths = 50;

export interface PathFacts {
  readonly risky: readonly RiskyPaths[];
  /** Commits that touched a migration. */
  readonly migrating: ReadonlySet<string>;
}

/** Which risky paths were changed: those of the configuration first. In a first release everything is new, and nothing is said. */
export async function lookAtPaths(
  history: HistoryReader,
  { notes, risky, mask }: { notes: Notes; risky: readonly RiskySettings[]; mask: (text: string) => string },
  signal: AbortSignal,
): Promise<PathFacts> {
  const from = notes.previous?.commit;
  if (from === undefined) return { risky: [], migrating: new Set() };
  const configured = await Promise.all(
    risky.map(async ({ label, paths }): Promise<RiskyPaths> => {
      const globs = paths.map((path) => `:(glob)${path}`);
      const touched = await history.changedPaths(from, notes.commit, globs, signal);
      const shown = touched.slice(0, mostPaths).map((path) => oneLine(mask(path)));
      return { label: oneLine(mask(label)), configured: true, paths: shown, total: touched.length };
    }),
  );
  const builtIn = notes.summary.risky.map(({ kind, paths }) => {
    return { label: kind, configured: false, paths, total: paths.length };
  });
  const migrations = notes.summary.risky.find(({ kind }) => kind === "migration")?.paths ?? [];
  const migrating = new Set<string>();
  if (migrations.length > 0) {
    const paths = migrations.map((path) => `:(literal)${path}`);
    const range = { from, to: notes.commit, paths, merges: true };
    for await (const commits of history.log(range, signal))
      for (const { hash } of commits) migrating.add(hash);
  }
  return { risky: [...configured, ...builtIn].filter(({ total }) => total > 0), migrating };
}
