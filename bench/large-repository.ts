import { join } from "node:path";
import { type Bench, ms } from "./bench.ts";
import { alternate, medianExtraMs, medianWallMs } from "./measure.ts";
import { makeRepository } from "./repository.ts";

const size = { files: 100_000, tags: 10_000 };
const rounds = 9;
const only = "git.repository,git.clean,git.branch,git.version,git.tag";

/** The local git checks cost little more than the one `git status` that they cannot do without. */
export const largeRepository: Bench = {
  name: "large",
  about: `a repository of ${size.files} files and ${size.tags} tags, local git checks`,
  async measure({ folder, env, gate }) {
    const large = makeRepository(join(folder, "large"), size, env);
    const small = makeRepository(join(folder, "small"), { files: 3, tags: 1 }, env);
    const argv = gate("--env", "prod", "--version", "v1.1.0", "--only", only);
    const status = ["git", "status", "--porcelain"] as const;
    const runs = alternate(
      {
        large: { argv, cwd: large, env },
        status: { argv: status, cwd: large, env },
        small: { argv, cwd: small, env },
      },
      rounds,
    );
    const overMs = medianExtraMs(runs.large, runs.status);
    const startMs = medianWallMs(runs.small);
    const from = `${ms(medianWallMs(runs.large))}, git status ${ms(medianWallMs(runs.status))}`;
    const rest = `the same command in a small repository takes ${ms(startMs)}`;
    return [
      { what: "whole command less one git status", figure: overMs, unit: "ms", bound: { most: 150 }, from },
      { what: "less the start of the command too", figure: overMs - startMs, unit: "ms", from: rest },
    ];
  },
};
