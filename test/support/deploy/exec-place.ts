import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createEnv } from "../../../src/clients/env.ts";
import { createPrograms } from "../../../src/clients/program.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Driver, Run } from "../../../src/deploy/driver.ts";
import { createExecDriver } from "../../../src/deploy/drivers/exec.ts";
import { fileRegister } from "../../../src/deploy/state/file.ts";
import { gitEnv } from "../repository.ts";

export const program: string = join(import.meta.dirname, "program.mjs");
export const verbs = ["plan", "capture", "apply", "status", "restore"] as const;

/** The driver `exec` with a program that deploys into this folder. */
export function execDriver(place: string, version: string, run: Run): Driver {
  const secrets = new Secrets();
  const argv = [process.execPath, program, place] as const;
  return createExecDriver({
    request: { environment: "prod", version, run, manifests: [], wayBack: "required" },
    name: "app",
    programs: {
      verbs: { plan: argv, capture: argv, apply: argv, status: argv, restore: argv },
      timeoutMs: 30_000,
    },
    world: {
      programs: createPrograms({ env: gitEnv, secrets }),
      env: createEnv(gitEnv, secrets),
      cwd: place,
    },
    register: fileRegister(join(place, "state"), "prod-app"),
    keep: 5,
  });
}

/** What runs there; null where nothing does. */
export function runsAt(place: string): { image: string; broken: boolean } | null {
  const file = join(place, "now.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}
