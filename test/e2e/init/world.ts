import { readFileSync } from "node:fs";
import { join } from "node:path";

export const gate = ".github/workflows/release-sentinel.yml";
export const policy = "release-sentinel.yaml";
export const placeless = ["init", "--yes", "--ci", "github-actions"];
export const yes: readonly string[] = [...placeless, "--action", "acme/release-sentinel@v0.1.0"];
export const text = (folder: string, path: string) => readFileSync(join(folder, path), "utf8");
