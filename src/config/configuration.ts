import { resolve } from "node:path";
import type { Readers } from "../clients/readers.ts";
import type { Zod } from "../core/check.ts";
import type { PlannedCheck, Policy } from "../core/policy.ts";
import type { ConfigDocument } from "./document.ts";
import { entryProblems } from "./entries.ts";
import type { PolicyFiles } from "./files.ts";
import { type LoadedConfig, loadConfig } from "./load.ts";
import { type Find, normalise } from "./normalise.ts";
import { isPlugin, loadPlugin, type Used, unknownCheck } from "./plugins.ts";
import { type Problem, validate } from "./problem.ts";
import { type AnyCheck, fileSchema, type Section, type Sections } from "./schema.ts";
import { valueAt } from "./value-at.ts";
import { pointlessWaivers } from "./waivers.ts";

/** What configuration needs to know of the rest: the catalogue of checks, and the shape of what other parts are told. */
export interface Surroundings {
  readonly catalogue: readonly AnyCheck[];
  readonly sections: Sections;
  readonly files: PolicyFiles;
  readonly start: string;
  readonly cwd: string;
  readonly path?: string | undefined;
  /** Ends what takes too long to load. */
  readonly signal?: AbortSignal;
}

/** Loads the configuration file, if there is one, and finds everything that is wrong with it. */
export async function readConfig(
  around: Surroundings,
): Promise<{ loaded: LoadedConfig | undefined; problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const validateFile = async (document: ConfigDocument) => {
    const found = await fileProblems(document, around);
    problems.push(...found);
    return found;
  };
  const loaded = await loadConfig({ ...around, validateFile }).catch((error: unknown) => {
    if (problems.length > 0) return undefined;
    throw error;
  });
  if (!loaded) return { loaded: undefined, problems };
  const { brokenRules } = await import("./rules.ts");
  const find = finder(loaded, around);
  const found = [...(await entryProblems(loaded, await loadZod(), find)), ...brokenRules(loaded)];
  // A policy is made of entries that are right.
  return { loaded, problems: found.length > 0 ? found : await pointlessWaivers(loaded, find) };
}

/** The policy of one environment. @throws SentinelError when a check cannot be found */
export async function policyFor(
  loaded: LoadedConfig,
  environment: string,
  around: Surroundings,
): Promise<Policy<Readers>> {
  const policy = await normalise(loaded, environment, finder(loaded, around));
  return {
    ...policy,
    checks: await Promise.all(policy.checks.map((planned) => placed(planned, loaded, around.files))),
  };
}

/** The digest is of the policy as written; where its files lie on this machine comes after it. */
async function placed(
  planned: PlannedCheck<Readers>,
  { folderOf }: LoadedConfig,
  files: PolicyFiles,
): Promise<PlannedCheck<Readers>> {
  // A path that begins with a variable is the caller's, not the policy's.
  const paths = (planned.check.paths ?? []).filter((option) => {
    const path = planned.options[option];
    return typeof path === "string" && !path.startsWith("${");
  });
  if (paths.length === 0) return planned;
  const options = { ...planned.options };
  for (const option of paths)
    options[option] = await files.materialise(
      resolve(folderOf(planned.name, option), String(options[option])),
    );
  return { ...planned, options };
}

function finder(loaded: LoadedConfig, around: Surroundings): Find {
  const known = new Map(around.catalogue.map((check) => [check.id, { check }]));
  const plugins = new Map<string, Promise<Used>>();
  const { signal = new AbortController().signal } = around;
  return async (name, uses) => {
    const found = known.get(uses);
    if (found) return found;
    const place = placeOf(loaded, name, "uses");
    if (!isPlugin(uses)) throw unknownCheck(uses, place, [...known.keys()]);
    const folder = loaded.folderOf(name, "uses");
    const key = `${folder}\0${uses}`;
    const loading = plugins.get(key) ?? loadPlugin(uses, folder, place, { files: around.files, signal });
    plugins.set(key, loading);
    return loading;
  };
}

/** Where a check's entry stands, in the last file that names it. */
function placeOf(loaded: LoadedConfig, name: string, key: string): string {
  for (const { document, data } of loaded.documents.toReversed()) {
    const places = [
      ["checks", name],
      ...Object.keys(data.environments ?? {}).map((environment) => [
        "environments",
        environment,
        "checks",
        name,
      ]),
    ];
    for (const path of places) {
      const entry = valueAt(data, path);
      if (entry === undefined) continue;
      const { file, line, column } = document.place(
        typeof entry === "object" && entry !== null && key in entry ? [...path, key] : path,
        !(typeof entry === "object" && entry !== null && key in entry),
      );
      return `${file}:${line}:${column}`;
    }
  }
  return loaded.label;
}

async function fileProblems(document: ConfigDocument, around: Surroundings): Promise<readonly Problem[]> {
  const z = await loadZod();
  const text = JSON.stringify(document.data);
  // Of most sections a file says nothing, and to build the shape of all of them takes longer than to check it.
  const said = ([name, section]: [string, Section]): [string, Section] =>
    text.includes(JSON.stringify(name)) ? [name, section] : [name, { ...section, schema: unsaid }];
  const sections = Object.fromEntries(Object.entries(around.sections).map(said));
  return validate(fileSchema(z, sections), document, [], document.data);
}

const unsaid: Section["schema"] = (z) => z.unknown();

async function loadZod(): Promise<Zod> {
  const z = await import("zod");
  // Compiling validators costs more than it saves in a command that validates once.
  z.config({ jitless: true });
  return z;
}
