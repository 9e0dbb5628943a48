import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createReleaseFolder, type ReleaseFolder } from "../clients/release-folder.ts";

/** A folder that stands for a release's own, and goes away. */
export interface Beside {
  readonly folder: ReleaseFolder;
  remove(): void;
}

/** For a dry run on a fresh machine: what the stores have is seen, and nothing is made here. Null where there is a folder. */
export function createBeside(own: ReleaseFolder): Beside | null {
  if (own.list().length > 0) return null;
  const place = mkdtempSync(join(tmpdir(), "release-sentinel-ritual-"));
  return {
    folder: createReleaseFolder(join(place, basename(own.path))),
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}
