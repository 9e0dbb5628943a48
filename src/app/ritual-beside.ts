import { basename, join } from "node:path";
import { makeOwnFolder } from "../clients/own-folder.ts";
import { createReleaseFolder, type ReleaseFolder } from "../clients/release-folder.ts";

/** A folder that stands for a release's own, and goes away. */
export interface Beside {
  readonly folder: ReleaseFolder;
  remove(): void;
}

/** For a dry run on a fresh machine: what the stores have is seen, and nothing is made here. Null where there is a folder. */
export function createBeside(own: ReleaseFolder): Beside | null {
  if (own.list().length > 0) return null;
  const place = makeOwnFolder();
  return {
    folder: createReleaseFolder(join(place.path, basename(own.path))),
    remove: place.remove,
  };
}
