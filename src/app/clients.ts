import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { readCi } from "../clients/ci.ts";
import { createEnv } from "../clients/env.ts";
import { createGit } from "../clients/git/git.ts";
import { createHistory, type HistoryReader } from "../clients/git/history.ts";
import { createHost } from "../clients/host/host.ts";
import { createHttp } from "../clients/http.ts";
import { createNet } from "../clients/net.ts";
import { createPrograms } from "../clients/program.ts";
import type { HttpWriter, Readers } from "../clients/readers.ts";
import { createSecretScanner } from "../clients/secret-scanner.ts";
import type { Secrets } from "../core/mask.ts";

export interface Clients {
  readonly readers: Readers;
  /** What releases were made of. */
  readonly history: HistoryReader;
  readonly http: HttpWriter;
  close(): void;
}

/** Everything that the app looks at the world with, and the one thing that it writes with: alerts. */
export function createClients(cwd: string, env: NodeJS.ProcessEnv, secrets: Secrets): Clients {
  const reader = createEnv(env, secrets);
  const programs = createPrograms({ env, secrets });
  const http = createHttp({ env: reader, secrets });
  const readers: Readers = {
    env: reader,
    ci: readCi(env),
    git: createGit(cwd, env),
    host: createHost({ programs }),
    http,
    net: createNet(),
    programs,
    secretScanner: createSecretScanner(),
  };
  return { readers, history: createHistory(cwd, env), http, close: () => http.close() };
}

/** The top of the work tree around a folder, found without running git; the folder itself where there is none. */
export function topFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return resolve(cwd);
  }
}

/** The environment without the programs of a work tree that is not trusted (node_modules/.bin of a pull request). */
export function withoutProgramsOf(root: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const trusted = (env["PATH"] ?? "").split(delimiter).filter((entry) => isOutside(entry, root));
  return { ...env, PATH: trusted.join(delimiter) };
}

function isOutside(entry: string, root: string): boolean {
  try {
    return !`${realpathSync(entry)}${sep}`.startsWith(`${realpathSync(root)}${sep}`);
  } catch {
    return false;
  }
}
