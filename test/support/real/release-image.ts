import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { docker, engine } from "./docker.ts";

export interface ReleaseImage {
  readonly name: string;
  /** Takes it off the engine. */
  remove(): Promise<void>;
}

const script = fileURLToPath(new URL("../../../scripts/image.ts", import.meta.url));

/** The image by the project's own Dockerfile, on the engine for tests. */
export async function releaseImage(): Promise<ReleaseImage> {
  const name = `rs-test-image:${randomBytes(6).toString("hex")}`;
  // It takes a minute, in which other things are waited for, too.
  await promisify(execFile)(process.execPath, [script, name, "--engine", engine.found ?? ""]);
  return {
    name,
    async remove() {
      await docker(["rmi", "--force", name]);
    },
  };
}
