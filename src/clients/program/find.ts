import { accessSync, constants, statSync } from "node:fs";
import { posix, win32 } from "node:path";

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where relative names and relative parts of PATH start. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Whether a path is a file that may be run. */
  readonly runnable?: (path: string) => boolean;
}

/**
 * Where a program is, as a shell would find it: a name with a slash is a path, any other is looked for on PATH.
 * On Windows the extensions of PATHEXT are tried, and the current folder is not searched unless PATH names it.
 */
export function findProgram(name: string, options: FindOptions): string | undefined {
  if (name === "" || name.includes("\0")) return undefined;
  const windows = options.platform === "win32";
  const { resolve } = windows ? win32 : posix;
  const runnable = options.runnable ?? isRunnable;
  const folders = (windows ? /[\\/:]/ : /\//).test(name) ? [""] : searchPath(options.env, windows);
  for (const folder of folders) {
    const path = resolve(options.cwd, folder, name);
    const found = (windows ? withExtensions(path, options.env) : [path]).find(runnable);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An empty part means the current folder, as POSIX has it. */
function searchPath(env: NodeJS.ProcessEnv, windows: boolean): string[] {
  if (!windows) return (env["PATH"] ?? "/usr/bin:/bin").split(":");
  return (variable(env, "PATH") ?? "")
    .split(";")
    .map((folder) => folder.replace(/^"(.*)"$/, "$1"))
    .filter((folder) => folder !== "");
}

function withExtensions(path: string, env: NodeJS.ProcessEnv): string[] {
  const extensions = (variable(env, "PATHEXT") ?? ".COM;.EXE;.BAT;.CMD")
    .split(";")
    .filter((text) => text !== "");
  const complete = extensions.some((extension) => path.toLowerCase().endsWith(extension.toLowerCase()));
  const extended = extensions.map((extension) => path + extension.toLowerCase());
  return complete ? [path, ...extended] : extended;
}

function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const key = Object.keys(env).find((known) => known.toUpperCase() === name);
  return key === undefined ? undefined : env[key];
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
