import type { ReleaseFolder } from "../../clients/release-folder.ts";
import { type Changelog, changelogSchema } from "./model.ts";

/** Names in the release's folder. */
export function changelogFiles(tag: string): { readonly markdown: string; readonly json: string } {
  return { markdown: `CHANGELOG-${tag}.md`, json: `CHANGELOG-${tag}.json` };
}

/**
 * The changelog of a tag, as the changelog step wrote it; null where there is none, or none that can be read.
 * @throws StepFailure when the folder cannot be read
 */
export function readChangelog(folder: ReleaseFolder, tag: string): Changelog | null {
  const bytes = folder.read(changelogFiles(tag).json);
  if (bytes === null) return null;
  try {
    const found = JSON.parse(bytes.toString("utf8")) as Partial<Changelog> | null;
    const isOne = found?.schema === changelogSchema && found.tag === tag && found.notes && found.overlay;
    return isOne ? (found as Changelog) : null;
  } catch {
    return null;
  }
}
