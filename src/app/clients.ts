import { setMaxListeners } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { aboutNamed, isOthersWork, type NamedRef, readCi } from "../clients/ci.ts";
import { createEnv } from "../clients/env.ts";
import { gitHubToken } from "../clients/git/credentials.ts";
import { createGit } from "../clients/git/git.ts";
import { createHistory, type HistoryReader } from "../clients/git/history.ts";
import { createHost } from "../clients/host/host.ts";
import { createHttp } from "../clients/http.ts";
import { createNet } from "../clients/net.ts";
import { createPrograms } from "../clients/program.ts";
import type { HttpDownloader, HttpWriter, Readers } from "../clients/readers.ts";
import { createSecretScanner } from "../clients/secret-scanner.ts";
import { Aborted } from "../core/check.ts";
import type { Secrets } from "../core/mask.ts";

export interface Clients {
  readonly readers: Readers;
  /** What releases were made of. */
  readonly history: HistoryReader;
  readonly http: HttpWriter & HttpDownloader;
  close(): void;
}

/**
 * Everything that the app looks at the world with, and the one thing that it writes with: alerts.
 * @param named what is checked out, where that is not what the CI job is about
 */
export function createClients(
  cwd: string,
  env: NodeJS.ProcessEnv,
  secrets: Secrets,
  named?: NamedRef,
): Clients {
  const over = new AbortController();
  const reader = createEnv(env, secrets);
  const ci = named ? aboutNamed(readCi(env), named) : readCi(env);
  const http = createHttp({ env: reader, secrets });
  const shared = { env: reader, ci, http, net: createNet(), secretScanner: createSecretScanner() };
  const own = isOthersWork(ci) ? withoutProgramsOf(cwd, env) : env;
  return {
    readers: renewed(shared, { cwd, env: own, secrets, signal: over.signal }),
    history: createHistory(cwd, own, () => gitHubToken(reader)),
    http,
    close() {
      over.abort(new Aborted("not-needed", "the app is closed"));
      http.close();
    },
  };
}

/** What finds programs, and remembers what they said. */
type Own = "git" | "programs" | "host";

/**
 * Readers that share connections and the environment with others, but ask git anew.
 * @param around `env`: where programs are found; `signal` ends every git
 */
export function renewed(
  shared: Omit<Readers, Own>,
  around: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly secrets: Secrets;
    readonly signal: AbortSignal;
  },
): Readers {
  const { cwd, env, secrets, signal } = around;
  setMaxListeners(0, signal);
  const programs = createPrograms({ env, secrets });
  return {
    ...shared,
    git: createGit(cwd, env, signal, () => gitHubToken(shared.env)),
    programs,
    host: createHost({ programs }),
  };
}

/** The top of the work tree around a folder, found without running git; the folder itself where there is none. */
export function topFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return resolve(cwd);
  }
}

/** What is searched where PATH says nothing: an empty one would mean the current folder. */
const systemPath = "/usr/bin:/bin";

/** The environment without the programs of the work tree around a folder: a pull request's node_modules/.bin is not trusted. */
export function withoutProgramsOf(
  cwd: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): NodeJS.ProcessEnv {
  const root = topFolder(cwd);
  // Windows calls it Path, and takes the first of two.
  const known = (name: string) => (platform === "win32" ? name.toUpperCase() : name) === "PATH";
  const name = Object.keys(env).find(known) ?? "PATH";
  const trusted = (env[name] ?? systemPath).split(delimiter).filter((entry) => isOutside(entry, root));
  return { ...env, [name]: trusted.join(delimiter) || systemPath };
}

function isOutside(entry: string, root: string): boolean {
  try {
    // What a relative one means depends on where a program is started.
    return isAbsolute(entry) && !`${realpathSync(entry)}${sep}`.startsWith(`${realpathSync(root)}${sep}`);
  } catch {
    return false;
  }
}
