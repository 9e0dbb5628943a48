import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../cli.ts";
import { docker, engine } from "./docker.ts";

const run = promisify(execFile);

/** The base that scripts/base-image makes; kept on the engine, since only its recipe changes it. */
async function base(): Promise<string> {
  const recipe = createHash("sha256")
    .update(readFileSync(join(root, "scripts/base-image")))
    .update(process.version);
  const tag = `rs-test-base:${recipe.digest("hex").slice(0, 16)}`;
  if ((await docker(["images", "--quiet", tag])) !== "") return tag;
  await run(join(root, "scripts/base-image"), [tag], { env: { ...process.env, DOCKER_HOST: engine.found } });
  return tag;
}

/** What is not needed to develop, by the lock file. */
function runtimeFolders(): string[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean; link?: boolean }>;
  };
  return Object.entries(lock.packages).flatMap(([path, { dev, devOptional, optional, link }]) =>
    path.startsWith("node_modules/") && !dev && !devOptional && !optional && !link ? [path] : [],
  );
}

/**
 * Builds the image by the project's own Dockerfile, with dist and packages brought along: an engine for tests reaches no registry.
 * @returns its name; `remove` takes it off the engine
 */
export async function releaseImage(): Promise<{ readonly name: string; remove(): Promise<void> }> {
  const name = `rs-test-image:${randomBytes(6).toString("hex")}`;
  const context = mkdtempSync(join(tmpdir(), "rs-test-context-"));
  try {
    for (const path of ["Dockerfile", "dist", "schema", "package.json", "LICENSE", ...runtimeFolders()]) {
      mkdirSync(dirname(join(context, path)), { recursive: true });
      cpSync(join(root, path), join(context, path), { recursive: true, dereference: true });
    }
    const args = { BASE: await base(), VERSION: "0.1.0", REVISION: "0".repeat(40) };
    const flags = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    // The builder that every engine has.
    await docker(["build", "--network", "none", "--tag", name, ...flags, context], { DOCKER_BUILDKIT: "0" });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  return {
    name,
    async remove() {
      await docker(["rmi", "--force", name]);
    },
  };
}
