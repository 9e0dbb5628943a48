import { writeFileSync } from "node:fs";
import { join } from "node:path";

const localChecks = ["env.allowed", "git.repository", "git.clean", "git.branch", "git.version", "git.tag"];

/** Writes a policy of local checks and one HTTP check for each URL; answers its path. */
export function writePolicy(folder: string, name: string, urls: readonly string[]): string {
  const path = join(folder, `${name}.yaml`);
  const entries = [
    ...localChecks.map((check) => `  ${check}: true`),
    ...urls.map((url, i) => `  dependency-${i + 1}: { uses: http, url: "${url}" }`),
  ];
  writeFileSync(path, `checks:\n${entries.join("\n")}\n`);
  return path;
}
