import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./repository.ts";
import { actionFolder } from "./runner.ts";

/** The repository that hosts without an action fetch the tool from: this version's one file in it, under a tag. */
export function toolRepository(version = "v0.1.0"): { readonly address: string; readonly sha: string } {
  const repo = repository({ origin: true });
  mkdirSync(join(repo.path, "action"));
  copyFileSync(join(actionFolder, "action", "index.cjs"), join(repo.path, "action", "index.cjs"));
  const sha = repo.commit("feat: the tool");
  repo.git("tag", version);
  repo.git("push", "-q", "origin", "main", version);
  return { address: `file://${repo.origin}`, sha };
}
