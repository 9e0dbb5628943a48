import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync } from "node:fs";
import { buildImage } from "../scripts/image.ts";
import { type Bench, ms, type Row } from "./bench.ts";
import { median } from "./measure.ts";
import { makeRepository } from "./repository.ts";

const rounds = 15;
const unknown: Row = {
  what: "wall time inside a running container, as a multiple of outside",
  figure: Number.NaN,
  unit: "",
  bound: { most: 1.5 },
  from: "no engine is named: RS_TEST_DOCKER_HOST=unix:///…",
};

/** The same command on the same repository, inside a running container of our image and outside of it. */
export const container: Bench = {
  name: "container",
  about: "in a container: the built-in git checks, small repository",
  async measure({ folder, env, gate }) {
    const engine = process.env["RS_TEST_DOCKER_HOST"];
    if (!engine) return [unknown];
    const cwd = makeRepository(folder, { files: 3, tags: 1 }, env);
    chmodSync(folder, 0o755);
    const image = `release-sentinel-bench:${randomUUID().slice(0, 8)}`;
    const docker = (...args: string[]) =>
      execFileSync("docker", args, { env: { ...process.env, DOCKER_HOST: engine }, stdio: "pipe" })
        .toString()
        .trim();
    buildImage(image, engine);
    const flags = ["--detach", "--network", "none", "--volume", `${cwd}:/repo:ro`, "--entrypoint", "sleep"];
    const id = docker("run", ...flags, image, "600");
    try {
      const asked = ["--env", "prod", "--version", "v1.1.0", "--only", "git.*", "--skip", "git.tag.remote"];
      const [program, ...args] = gate(...asked);
      const outside = () =>
        Number(
          execFileSync(process.execPath, ["-e", timed([program, ...args])], {
            cwd,
            env: { ...env, RS_LEDGER: "off" },
          }),
        );
      const inside = () =>
        Number(
          docker("exec", "--env", "RS_LEDGER=off", id, "node", "-e", timed(["release-sentinel", ...asked])),
        );
      const runs = { inside: [] as number[], outside: [] as number[] };
      for (let round = 0; round <= rounds; round++) {
        // The first fills caches.
        const [there, here] = [inside(), outside()];
        if (round > 0) runs.inside.push(there);
        if (round > 0) runs.outside.push(here);
      }
      const [there, here] = [median(runs.inside), median(runs.outside)];
      return [{ ...unknown, figure: there / here, from: `${ms(there)} and ${ms(here)}` }];
    } finally {
      docker("rm", "--force", id);
      docker("rmi", "--force", image);
    }
  },
};

/** A program that says how many milliseconds another one took: what starts a container's command from outside is not counted. */
function timed(argv: readonly string[]): string {
  const [program = "", ...args] = argv;
  return `const { spawnSync } = require("node:child_process");
    const began = performance.now();
    const { status, stderr } = spawnSync(${JSON.stringify(program)}, ${JSON.stringify(args)});
    if (status !== 0) throw new Error(String(stderr));
    console.log(performance.now() - began);`;
}
