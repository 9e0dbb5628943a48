import { existsSync } from "node:fs";
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { SentinelError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { printable } from "../core/text.ts";
import { defaultConfig } from "./default.ts";
import type { ConfigDocument } from "./document.ts";
import type { ConfigFile } from "./file.ts";
import { findIn, findUpwards, type PolicyFiles } from "./files.ts";
import { merge, plain, type Traced, trace } from "./merge.ts";
import { at, invalid, type Problem } from "./problem.ts";

/** A configuration with everything it extends. */
export interface LoadedConfig {
  readonly data: ConfigFile;
  readonly traced: Traced;
  /** Files it was read from, the base first; empty for the built-in default. */
  readonly sources: readonly string[];
  /** Folder that a relative path in a check's entry is meant from: that of the last file which says the key. */
  readonly folderOf: (checkName: string, key: string) => string;
  /** The document in which a check's entry, or another top-level key, stands. */
  readonly documents: readonly LoadedDocument[];
  /** What it is called in reports. */
  readonly label: string;
}

export interface LoadedDocument {
  readonly document: ConfigDocument;
  readonly folder: string;
  readonly data: ConfigFile;
}

/** Checks the shape of one file. Injected, so that this page does not load the schema library by itself. */
export type ValidateFile = (document: ConfigDocument) => Promise<readonly Problem[]>;

export interface LoadOptions {
  readonly files: PolicyFiles;
  /** Folder to look in, and upwards. */
  readonly start: string;
  /** Names shown are relative to this. */
  readonly cwd: string;
  /** `--config` or RS_CONFIG. */
  readonly path?: string | undefined;
  readonly validateFile: ValidateFile;
}

/** The built-in policy, as if it were a file. */
export function builtIn(data: ConfigFile, label = "built-in default"): LoadedConfig {
  const traced = trace(data as unknown as Json, () => label);
  return { data, traced, sources: [], folderOf: () => process.cwd(), documents: [], label };
}

/**
 * Finds, reads, validates and merges the configuration; undefined when there is none.
 * @throws SentinelError with file:line:column
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig | undefined> {
  const { files, start, cwd } = options;
  const named = options.path === undefined ? undefined : resolve(cwd, options.path);
  const path = named ?? (await findUpwards(files, start));
  if (path === undefined) return undefined;
  const documents: LoadedDocument[] = [];
  const traced = await readWithBases(options, path, [], documents);
  const own = documents.at(-1);
  return {
    data: plain(traced) as unknown as ConfigFile,
    traced,
    sources: documents.map(({ document }) => document.file),
    folderOf: (name, key) =>
      documents.findLast(({ data }) => says(data, name, key))?.folder ?? own?.folder ?? start,
    documents,
    label: own?.document.file ?? path,
  };
}

/** Whether a file has a key in a check's entry, for one environment or for all. */
function says(data: ConfigFile, name: string, key: string): boolean {
  const entries = [data, ...Object.values(data.environments ?? {})].map((part) => part?.checks?.[name]);
  return entries.some((entry) => typeof entry === "object" && entry !== null && key in entry);
}

async function readWithBases(
  options: LoadOptions,
  path: string,
  chain: readonly string[],
  documents: LoadedDocument[],
): Promise<Traced> {
  const { files } = options;
  const label = shortName(path, options.cwd) + files.suffix;
  const text = await files.read(path);
  if (text === undefined) {
    throw new SentinelError(
      "config-unreadable",
      `${printable(label, 300)}: there is no such configuration file`,
      "check the path given with --config, RS_CONFIG or extends",
    );
  }
  const { parseConfigText } = await import("./document.ts");
  const document = parseConfigText(
    text,
    label,
    path.endsWith("package.json") ? "release-sentinel" : undefined,
  );
  const problems = await options.validateFile(document);
  if (problems.length > 0) throw invalid(problems);
  const data = document.data as unknown as ConfigFile;
  let base: Traced | undefined;
  const bases =
    data.extends === undefined ? [] : typeof data.extends === "string" ? [data.extends] : data.extends;
  for (const [i, name] of bases.entries()) {
    const place = at(document.place(typeof data.extends === "string" ? ["extends"] : ["extends", i]));
    const next = await readBase(
      options,
      { name, place, folder: dirname(path), chain: [...chain, path] },
      documents,
    );
    base = base ? merge(base, next) : next;
  }
  documents.push({ document, folder: dirname(path), data });
  const own = trace(document.data, (where) => at(document.place(where)));
  const { extends: _, $schema: __, ...rest } = Object.fromEntries(own.map ?? []);
  const traced: Traced = { ...own, map: new Map(Object.entries(rest)) };
  return base ? merge(base, traced) : traced;
}

interface BaseReference {
  readonly name: string;
  readonly place: string;
  readonly folder: string;
  readonly chain: readonly string[];
}

async function readBase(
  options: LoadOptions,
  reference: BaseReference,
  documents: LoadedDocument[],
): Promise<Traced> {
  const { name, place, chain } = reference;
  if (name === "default") return builtIn(defaultConfig).traced;
  const path = await basePath(options.files, reference);
  if (chain.includes(path)) {
    throw new SentinelError(
      "config-extends",
      `${place}: extends leads back to itself: ${[...chain, path].map((p) => shortName(p, options.cwd)).join(" → ")}`,
      "remove one of these extends",
    );
  }
  if ((await options.files.read(path)) === undefined) throw notFound(place, name, "there is no such file");
  return readWithBases(options, path, chain, documents);
}

async function basePath(files: PolicyFiles, { name, place, folder }: BaseReference): Promise<string> {
  if (name.startsWith(".") || isAbsolute(name)) return resolve(folder, name);
  const spec = name.replace(/^npm:/, "");
  const [, pack = spec, subpath = ""] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(spec) ?? [];
  const found = files.packageFolder(pack, folder);
  if (!found) {
    const why =
      files.suffix === ""
        ? "the package is not installed"
        : "packages of the judged work tree are not trusted here";
    const remedy =
      files.suffix === ""
        ? `npm install --save-dev ${pack}`
        : "install the tool and the policy package outside the work tree, or extend a file";
    throw new SentinelError(
      "config-extends",
      `${place}: cannot extend ${printable(name, 200)}: ${why}`,
      remedy,
    );
  }
  if (subpath === "") {
    const inside = await findIn(files, found);
    if (!inside) throw notFound(place, name, "the package has no release-sentinel.yaml");
    return inside;
  }
  const candidates = extname(subpath) ? [subpath] : [`${subpath}.yaml`, `${subpath}.yml`, `${subpath}.json`];
  return (
    candidates.map((candidate) => join(found, candidate)).find((candidate) => existsSync(candidate)) ??
    join(found, subpath)
  );
}

function notFound(place: string, name: string, why: string): SentinelError {
  return new SentinelError(
    "config-extends",
    `${place}: cannot extend ${printable(name, 200)}: ${why}`,
    "name default, ./file.yaml, or an installed npm package",
  );
}

/** A path as people of this folder would write it. */
function shortName(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below !== "" && !below.startsWith(`..${sep}..${sep}..`) && !isAbsolute(below) ? below : path;
}
