import { resolve } from "node:path";
import { makeOwnFolder } from "../own-folder.ts";
import type { GitAnswer } from "./command.ts";
import type { GitSettings } from "./writer-config.ts";
import type { UserGit } from "./writer-run.ts";

/** `auto`: as git's own settings say. */
export type Signing = "auto" | "gpg" | "ssh" | "never";

/** What makes `git tag` sign as asked for, or not. */
export function signingOptions(sign: Signing): { settings: readonly string[]; args: readonly string[] } {
  switch (sign) {
    // A message alone makes it annotated; `--annotate` would overrule tag.forceSignAnnotated.
    case "auto":
      return { settings: [], args: [] };
    case "gpg":
      return { settings: ["gpg.format=openpgp"], args: ["--sign"] };
    case "ssh":
      return { settings: ["gpg.format=ssh"], args: ["--sign"] };
    case "never":
      return { settings: [], args: ["--annotate", "--no-sign"] };
  }
}

export function willSign(sign: Signing, settings: GitSettings): boolean {
  if (sign !== "auto") return sign !== "never";
  return settings.isTrue("tag.gpgsign") || settings.isTrue("tag.forcesignannotated");
}

/** Signs a commit object that nobody will see, in a folder that is gone afterwards. */
export function signForNothing(
  git: UserGit,
  { sign, cwd, env }: { sign: Signing; cwd: string; env: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<GitAnswer> {
  const { settings } = signingOptions(sign);
  const args = ["commit-tree", "-S", "-m", "signing test", "HEAD^{tree}"];
  return withOwnObjects(git, { cwd, signal }, (objects) =>
    git(args, { signal, settings, env: { ...env, ...objects } }),
  );
}

/** Lets git write objects into a folder of their own, which is gone afterwards, and read the repository's. */
export async function withOwnObjects<T>(
  git: UserGit,
  { cwd, signal }: { cwd: string; signal: AbortSignal },
  use: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const answer = await git(["rev-parse", "--git-path", "objects"], { signal });
  const objects = resolve(cwd, answer.stdout.toString("utf8").replace(/\n$/, ""));
  const folder = makeOwnFolder();
  try {
    return await use({
      GIT_OBJECT_DIRECTORY: folder.path,
      // Quoted as git reads it: a path may hold what stands between paths.
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${objects.replace(/(["\\])/g, "\\$1")}"`,
    });
  } finally {
    folder.remove();
  }
}
