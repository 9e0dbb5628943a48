import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createKubectl, type Kubectl, type KubectlOptions } from "../../src/clients/kubectl.ts";
import { tempFolder } from "./temp.ts";

/** A folder for PATH with a `kubectl` that is this shell script. `$@` are its words, with our flags at their end. */
export function kubectlScript(script: string): string {
  const folder = tempFolder("rs-kubectl-");
  writeFileSync(join(folder, "kubectl"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "kubectl"), 0o755);
  return folder;
}

/** The real door to such a script. */
export function scriptedKubectl(script: string, options: Partial<KubectlOptions> = {}): Kubectl {
  const home = tempFolder("rs-home-");
  const path = [kubectlScript(script), process.env["PATH"]].join(delimiter);
  return createKubectl({ ...options, env: { HOME: home, ...options.env, PATH: path } });
}

/** The door to a cluster that is this function. */
export function kubectlOf(run: Kubectl["run"]): Kubectl {
  const kubectl: Kubectl = {
    context: undefined,
    namespace: undefined,
    run,
    text: async (args, call) => (await run(args, call)).stdout,
    json: async (args, call) => JSON.parse((await run(args, call)).stdout),
    typed: (args) => ["kubectl", ...args].join(" "),
    bound: () => kubectl,
    quick: () => kubectl,
    close: () => {},
  };
  return kubectl;
}

export const forever: AbortSignal = new AbortController().signal;
