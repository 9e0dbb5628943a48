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

export const forever: AbortSignal = new AbortController().signal;
