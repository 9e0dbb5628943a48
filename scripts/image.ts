// Builds the image where no registry can be reached: `npm run image -- TAG [--engine unix:///…]`. The base is made of
// Debian packages (scripts/base-image); dist and the packages that it needs are brought along as they are here.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param engine DOCKER_HOST; the docker command's own when it is not said
 * @param tag the image's name afterwards
 */
export function buildImage(tag: string, engine?: string): void {
  if (!existsSync(join(root, "dist/bin.cjs"))) throw new Error("dist/ is not there: npm run build");
  // The builder that every engine has.
  const env = {
    ...process.env,
    DOCKER_BUILDKIT: "0",
    ...(engine === undefined ? {} : { DOCKER_HOST: engine }),
  };
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { env, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 << 20 }).toString();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const context = mkdtempSync(join(tmpdir(), "release-sentinel-image-"));
  try {
    for (const path of ["Dockerfile", "dist", "schema", "package.json", "LICENSE", ...runtimePackages()]) {
      mkdirSync(dirname(join(context, path)), { recursive: true });
      cpSync(join(root, path), join(context, path), { recursive: true, dereference: true });
    }
    const args = { BASE: base(run), VERSION: version, REVISION: revision() };
    const flags = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    run("docker", ["build", "--network", "none", "--tag", tag, ...flags, context]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Kept on the engine, since only its recipe changes it. */
function base(run: (program: string, args: readonly string[]) => string): string {
  const recipe = join(root, "scripts/base-image");
  const digest = createHash("sha256").update(readFileSync(recipe)).update(process.version).digest("hex");
  const tag = `release-sentinel-base:${digest.slice(0, 16)}`;
  // One at a time: who has waited for another finds it made.
  const script = '[ -n "$(docker images --quiet "$1")" ] || "$0" "$1"';
  run("flock", [recipe, "sh", "-c", script, recipe, tag]);
  return tag;
}

/** What is not needed to develop only, by the lock file. */
function runtimePackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean; link?: boolean }>;
  };
  return Object.entries(packages).flatMap(([path, { dev, devOptional, optional, link }]) =>
    path.startsWith("node_modules/") && !dev && !devOptional && !optional && !link ? [path] : [],
  );
}

function revision(): string {
  try {
    return execFileSync("git", ["-C", root, "rev-parse", "HEAD"], { stdio: "pipe" }).toString().trim();
  } catch {
    return "unknown";
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [tag = "release-sentinel", flag, engine] = process.argv.slice(2);
  try {
    buildImage(tag, flag === "--engine" ? engine : undefined);
    process.stdout.write(`${tag}\n`);
  } catch (error) {
    // What a program has said stands in its message; where we stood is of no use to anybody.
    process.stderr.write(`image: ${error instanceof Error ? error.message.trim() : error}\n`);
    process.exitCode = 1;
  }
}
