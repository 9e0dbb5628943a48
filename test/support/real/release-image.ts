import { randomBytes } from "node:crypto";
import { buildImage } from "../../../scripts/image.ts";
import { docker, engine } from "./docker.ts";

/** The image by the project's own Dockerfile, on the engine for tests; `remove` takes it off. */
export function releaseImage(): { readonly name: string; remove(): Promise<void> } {
  const name = `rs-test-image:${randomBytes(6).toString("hex")}`;
  buildImage(name, engine.found);
  return {
    name,
    async remove() {
      await docker(["rmi", "--force", name]);
    },
  };
}
