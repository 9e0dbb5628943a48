import { execFileSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Peer {
  readonly label: string;
  readonly argv: readonly [string, ...string[]];
}

/** release-it, where RELEASE_IT or PATH leads to it. */
export function findReleaseIt(env: NodeJS.ProcessEnv): Peer | undefined {
  return findPeer("release-it", "RELEASE_IT", env);
}

/** A program that a variable or PATH leads to; run by the same Node as the tool. Undefined when it is not there. */
export function findPeer(name: string, variable: string, env: NodeJS.ProcessEnv): Peer | undefined {
  const onPath = (env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  const found = [env[variable] ?? "", ...onPath].find((path) => path !== "" && existsSync(path));
  if (found === undefined) return undefined;
  const path = realpathSync(found);
  const argv: [string, ...string[]] = /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path];
  const said = execFileSync(argv[0], [...argv.slice(1), "--version"], { encoding: "utf8" }).trim();
  return { label: `${name} ${said.split(" ").at(-1)}`, argv };
}
