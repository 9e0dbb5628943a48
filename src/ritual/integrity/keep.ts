import type { ReleaseFolder } from "../../clients/release-folder.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { RitualRelease } from "../release.ts";
import type { IntegrityFinding, ReleaseReading } from "./model.ts";

export const releaseFile = "release.json";
/** As it was given by `--verdict`. */
export const verdictFile = "verdict.json";
export const releaseSchema = "release-sentinel/ritual-release/v1";

/** What a ritual was about, as it is kept in the release's folder. */
export interface KeptRelease {
  readonly schema: typeof releaseSchema;
  readonly release: RitualRelease;
  readonly findings: readonly IntegrityFinding[];
}

/**
 * Keeps a reading, and the signed verdict that it was made with; one of the same tag object that is there already stays, so
 * that an archive of it stays the same. @throws StepFailure
 */
export function keepRelease(
  folder: ReleaseFolder,
  { release, findings }: ReleaseReading,
  verdict: string | null = null,
): void {
  if (release === null) return;
  const there = readKeptRelease(folder)?.release;
  const isThis = there?.tagObject === release.tagObject && there.rehearsal === release.rehearsal;
  if (isThis && there.tag === release.tag) return;
  const kept: KeptRelease = { schema: releaseSchema, release, findings };
  if (verdict !== null) folder.write(verdictFile, verdict);
  folder.write(releaseFile, `${JSON.stringify(kept, null, 2)}\n`);
}

/** What is in a folder is archived and sent: it must be of this release. @throws StepFailure where it is another one's */
export function mustBeOf(folder: ReleaseFolder, { tag, commit }: RitualRelease): void {
  const there = readKeptRelease(folder)?.release;
  if (there === undefined || there.commit === commit) return;
  const whose = there.project ?? there.repository;
  const which = `commit ${printable(String(there.commit).slice(0, 12))}${whose ? ` of ${printable(whose, 200)}` : ""}`;
  throw new StepFailure(
    `${printable(folder.path, 300)} is of another ${printable(tag, 100)}: ${which}`,
    "name another folder: --folder DIR; or remove this one, if it is of no use any more",
    true,
  );
}

/** The environment that a folder's pictures and archive are of, where that is not this release's: a tag has one ritual. @throws StepFailure */
export function otherEnvironment(folder: ReleaseFolder, { environment }: RitualRelease): string | null {
  const there = readKeptRelease(folder)?.release.environment ?? null;
  return environment === null || there === environment ? null : there;
}

/** Null where there is none, or none that can be read. @throws StepFailure when the folder cannot be read */
export function readKeptRelease(folder: ReleaseFolder): KeptRelease | null {
  const bytes = folder.read(releaseFile);
  if (bytes === null) return null;
  try {
    const found = JSON.parse(bytes.toString("utf8")) as Partial<KeptRelease> | null;
    const isOne = found?.schema === releaseSchema && found.release && Array.isArray(found.findings);
    return isOne ? (found as KeptRelease) : null;
  } catch {
    return null;
  }
}
