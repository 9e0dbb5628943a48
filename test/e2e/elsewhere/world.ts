import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { cli, type Ran } from "../../support/cli.ts";
import { gitEnv, repository, type TestRepository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

export const token = ["tkn", "8f3b1c7d9e2a4650"].join("_");

export interface Remote {
  readonly repo: TestRepository;
  /** Commits: of v1.0.0 on main, and of feature/x. */
  readonly released: string;
  readonly feature: string;
  /** Somewhere else to stand. */
  readonly here: string;
  /** Where clones are made. */
  readonly temp: string;
}

/** A remote with a release on main, and somewhere else to stand. */
export function remote(files: Readonly<Record<string, string>> = {}): Remote {
  const repo = repository({ origin: true });
  const released = repo.commit("feat: shop", { "shop.txt": "open\n", ...files });
  repo.git("tag", "-a", "v1.0.0", "-m", "Release v1.0.0");
  repo.git("switch", "-q", "-c", "feature/x");
  const feature = repo.commit("feat: x", { "x.txt": "x\n" });
  repo.git("push", "-q", "origin", "main", "feature/x", "v1.0.0");
  execFileSync("git", ["-C", repo.origin, "config", "uploadpack.allowFilter", "true"], { env: gitEnv });
  const here = tempFolder("rs-here-");
  const temp = tempFolder("rs-tmpdir-");
  return { repo, released, feature, here, temp };
}

export const gitOnly: readonly string[] = ["--env", "prod", "--version", "v1.0.0", "--only", "git.*"];
export const notOver = "git.tag,git.tag.remote";

export function run(
  { here, temp }: Pick<Remote, "here" | "temp">,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return cli(args, { cwd: here, env: { TMPDIR: temp, ...env } });
}

/** Clones that nobody has removed. */
export const left = (temp: string): string[] =>
  readdirSync(temp).filter((name) => name.startsWith("release-sentinel-"));
