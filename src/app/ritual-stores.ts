import { resolve } from "node:path";
import { createExecStore } from "../clients/stores/exec.ts";
import { createFolderStore } from "../clients/stores/folder.ts";
import { createGitHubStore } from "../clients/stores/github.ts";
import { createHttpStore } from "../clients/stores/http.ts";
import type { Store } from "../clients/stores/store.ts";
import { parseDuration } from "../config/schema.ts";
import type { StoreSettings } from "../ritual/archive/settings.ts";
import type { RitualStep } from "../ritual/step.ts";
import type { RitualWorld } from "./ritual-world.ts";

/** What was asked for and cannot be. */
interface Problem {
  readonly message: string;
  readonly remedy: string;
}

const execMs = 10 * 60_000;
const seeSecrets = "release-sentinel ritual secrets";

/** The stores that this release is put into, and why others that are named cannot be reached. */
export function ritualStores(
  world: RitualWorld,
  settings: readonly StoreSettings[],
): { readonly stores: readonly Store[]; readonly problems: readonly Problem[] } {
  const made = settings.map((one) => storeOf(world, one));
  return {
    stores: made.flatMap((one) => (one !== null && "put" in one ? [one] : [])),
    problems: made.flatMap((one) => (one !== null && "message" in one ? [one] : [])),
  };
}

/** Null: not for this release. */
function storeOf(
  { job, asked, root, release, forge }: RitualWorld,
  settings: StoreSettings,
): Store | Problem | null {
  const { readers, http } = job.clients;
  if ("folder" in settings) return createFolderStore(resolve(asked.home ?? root, settings.folder));
  if ("github" in settings) {
    // What is on a release is final.
    if (release.rehearsal) return null;
    if ("github" in forge) return createGitHubStore(forge.github, release.tag);
    return {
      message: `the archive is to be put on the GitHub release: ${forge.skipped}`,
      remedy: seeSecrets,
    };
  }
  if ("http" in settings) {
    const { url, tokenFrom } = settings.http;
    const token = tokenFrom === undefined ? undefined : readers.env.secret(tokenFrom);
    if (tokenFrom !== undefined && token === undefined)
      return { message: `${tokenFrom}, with which the archive is stored, is not set`, remedy: seeSecrets };
    return createHttpStore({ http: { ...readers.http, ...http }, url, token, tokenFrom });
  }
  const { run, name, env = [], timeout } = settings.exec;
  const given = env.flatMap((variable) => {
    const value = readers.env.secret(variable);
    return value === undefined ? [] : [[variable, value] as const];
  });
  return createExecStore({
    programs: readers.programs,
    run,
    name,
    env: Object.fromEntries(given),
    cwd: root,
    timeoutMs: (timeout !== undefined && parseDuration(timeout)) || execMs,
  });
}

/** A step that must not begin while something that was asked for is missing; it is previewed all the same. */
export function heldUpBy(step: RitualStep, problems: readonly Problem[]): RitualStep {
  const [first] = problems;
  if (first === undefined) return step;
  const message = problems.map((problem) => problem.message).join("; ");
  return { ...step, observe: async () => ({ state: "conflict", message, remedy: first.remedy }) };
}
