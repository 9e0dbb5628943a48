import { isAbsolute, resolve } from "node:path";
import type { GitHub } from "../../clients/github/types.ts";
import type {
  EnvReader,
  HttpDownloader,
  HttpReader,
  HttpWriter,
  ProgramReader,
} from "../../clients/readers.ts";
import { createExecStore } from "../../clients/stores/exec.ts";
import { createFolderStore } from "../../clients/stores/folder.ts";
import { createGitHubStore } from "../../clients/stores/github.ts";
import { createHttpStore } from "../../clients/stores/http.ts";
import type { Store } from "../../clients/stores/store.ts";
import { StepFailure } from "../../core/step.ts";
import { showUrl } from "../../core/text.ts";
import type { ArchiveSubject } from "./manifest.ts";
import type { StoreSettings } from "./settings.ts";

const execMs = 10 * 60_000;

export interface StoreWorld {
  readonly env: EnvReader;
  readonly http: HttpReader & HttpWriter & HttpDownloader;
  readonly programs: ProgramReader;
  /** @throws an error with message and remedy where GitHub cannot be asked: no token, no repository */
  readonly github: () => GitHub;
  /** Top of the work tree. */
  readonly root: string;
  readonly parseDuration: (text: string | number) => number | undefined;
}

/** The stores of a configuration for one release, and what people should know of those that are left out. */
export function storesFrom(
  settings: readonly StoreSettings[],
  { tag, rehearsal }: Pick<ArchiveSubject, "tag" | "rehearsal">,
  world: StoreWorld,
): { readonly stores: readonly Store[]; readonly notices: readonly string[] } {
  const isLeftOut = (one: StoreSettings) => rehearsal && "github" in one;
  const stores = settings.filter((one) => !isLeftOut(one)).map((one) => storeOf(one, tag, world));
  const notices = settings.some(isLeftOut) ? ["a rehearsal is not put on a GitHub Release"] : [];
  return { stores, notices };
}

function storeOf(settings: StoreSettings, tag: string, world: StoreWorld): Store {
  if ("folder" in settings) {
    const { folder } = settings;
    return createFolderStore(isAbsolute(folder) ? folder : resolve(world.root, folder));
  }
  if ("github" in settings) {
    try {
      return createGitHubStore(world.github(), tag);
    } catch (error) {
      const { message, remedy } = error as Partial<StepFailure>;
      return unready(`GitHub release ${tag}`, message ?? "GitHub cannot be asked", remedy);
    }
  }
  if ("http" in settings) {
    const { url, tokenFrom } = settings.http;
    const token = tokenFrom === undefined ? undefined : world.env.secret(tokenFrom)?.trim();
    if (tokenFrom !== undefined && !token)
      return unready(`server ${showUrl(url)}`, `${tokenFrom} is not set`, secretsRemedy(tokenFrom));
    return createHttpStore({ http: world.http, url, token, tokenFrom });
  }
  const { run, name, env: wanted = [], timeout } = settings.exec;
  const given = wanted.map((one) => [one, world.env.secret(one)] as const);
  const missing = given.find(([, value]) => value === undefined)?.[0];
  if (missing !== undefined)
    return unready(`program ${name ?? run[0]}`, `${missing} is not set`, secretsRemedy(missing));
  return createExecStore({
    programs: world.programs,
    run,
    name,
    env: Object.fromEntries(given.map(([one, value]) => [one, value ?? ""])),
    cwd: world.root,
    timeoutMs: (timeout === undefined ? undefined : world.parseDuration(timeout)) ?? execMs,
  });
}

function secretsRemedy(variable: string): string {
  return `set ${variable}; release-sentinel ritual secrets shows all that are needed`;
}

/** A store that is configured and cannot be used here: it says so whatever it is asked. */
function unready(name: string, why: string, remedy?: string): Store {
  const refuse = async () => {
    throw new StepFailure(`${name}: ${why}`, remedy, true);
  };
  return {
    name,
    stat: refuse,
    put: refuse,
    get: refuse,
    list: refuse,
    remove: refuse,
    prove: async () => [{ state: "conflict", message: `${name}: ${why}`, ...(remedy ? { remedy } : {}) }],
  };
}
