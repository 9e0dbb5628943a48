import { promises, readFileSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { isAbsolute, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { SentinelError } from "../core/errors.ts";
import { nearest, printable } from "../core/text.ts";
import { within } from "../core/within.ts";
import type { PolicyFiles } from "./files.ts";
import type { AnyCheck } from "./schema.ts";

/** A plugin that takes longer to load is broken. */
const loadingMs = 10_000;

/** What `uses` stands for. */
export interface Used {
  readonly check: AnyCheck;
  /** Of the plugin's file; undefined for checks of the catalogue. */
  readonly sha256?: string;
}

/** How a plugin that cannot be used answers: `unknown`, with the reason, so that nothing is said to be SAFE. */
export function brokenPlugin(id: string, cause: string): AnyCheck {
  return {
    id,
    question: "Does this plugin work?",
    kind: "policy",
    reach: "network",
    defaults: {},
    schema: (z) => z.looseObject({}),
    observe: async () => {
      throw new Error(cause);
    },
    judge: () => ({ status: "unknown", message: cause }),
  };
}

/**
 * Which variables a check says are its secrets.
 * @throws SentinelError `plugin-invalid` when it cannot say: nothing may be printed before that is known
 */
export function secretsOf(name: string, check: AnyCheck, options: object): readonly string[] {
  try {
    const names: unknown = check.secrets?.(options) ?? [];
    if (Array.isArray(names) && names.every((variable) => typeof variable === "string")) return names;
    throw new Error("it answers no list of names");
  } catch (error) {
    const { message, remedy } = pluginFault(name, check, "secrets()", error);
    throw new SentinelError("plugin-invalid", message, remedy);
  }
}

/** What is said of a check that cannot even describe itself. */
export function pluginFault(
  name: string,
  { id }: AnyCheck,
  what: string,
  error: unknown,
): { message: string; remedy: string } {
  return {
    message: `checks.${printable(name, 100)}: ${what} of ${printable(id, 100)} failed: ${causeOf(error)}`,
    remedy: "correct the plugin, or take the check out",
  };
}

/** A plugin may throw anything. */
function causeOf(error: unknown): string {
  return printable(
    error instanceof Error ? error.message : `it threw ${typeof error === "string" ? error : typeof error}`,
    300,
  );
}

/** Whether a `uses` names a plugin and not a check of the catalogue. */
export function isPlugin(uses: string): boolean {
  return uses.startsWith(".") || uses.startsWith("npm:") || uses.startsWith("@") || isAbsolute(uses);
}

/**
 * Loads a plugin's check. One that is there but broken becomes a check that answers `unknown`.
 * @param folder what relative paths are meant from
 * @throws SentinelError `plugin-invalid` when there is no such file or package
 */
export async function loadPlugin(
  uses: string,
  folder: string,
  place: string,
  by: PluginLoading,
): Promise<Used> {
  const { sha256, value, exportName, fault } = await loadExport(uses, folder, place, by);
  if (fault !== undefined) return { check: brokenPlugin(uses, fault), sha256 };
  if (isCheck(value)) return { check: value, sha256 };
  const cause = `${uses}: its export "${exportName}" is no check: use defineCheck`;
  return { check: brokenPlugin(uses, cause), sha256 };
}

/** Where plugins come from, and what ends their loading. */
export interface PluginLoading {
  readonly files: PolicyFiles;
  readonly signal: AbortSignal;
}

/** What a plugin exports, or why it cannot be loaded. */
export interface LoadedExport {
  readonly sha256: string;
  readonly exportName: string;
  readonly value?: unknown;
  readonly fault?: string;
}

/** @throws SentinelError `plugin-invalid` when there is no such file or package; the signal's reason */
export async function loadExport(
  uses: string,
  folder: string,
  place: string,
  { files, signal }: PluginLoading,
): Promise<LoadedExport> {
  const [spec = "", exportName = "default"] = uses.replace(/^npm:/, "").split("#");
  const path =
    spec.startsWith(".") || isAbsolute(spec)
      ? await filePath(spec, folder, place, files)
      : packagePath(spec, folder, place, files);
  const source = await promises.readFile(path).catch(() => {
    throw new SentinelError(
      "plugin-invalid",
      `${place}: there is no plugin ${printable(uses, 200)}`,
      "check the path: it is relative to the file that names it",
    );
  });
  const { createHash } = process.getBuiltinModule("node:crypto");
  const sha256 = createHash("sha256").update(source).digest("hex");
  try {
    lendOurselves();
    const module = await within(
      loadingMs,
      signal,
      () => import(pathToFileURL(path).href) as Promise<Record<string, unknown>>,
    );
    return { sha256, exportName, value: module[exportName] };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { sha256, exportName, fault: `${uses} cannot be loaded: ${causeOf(error)}` };
  }
}

let lent = false;

/** A plugin's `import "release-sentinel"` is this very tool, wherever the plugin lies and whatever is installed there. */
function lendOurselves(): void {
  if (lent) return;
  lent = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "release-sentinel"
        ? next(specifier, { ...context, parentURL: import.meta.url })
        : next(specifier, context),
  });
}

async function filePath(spec: string, folder: string, place: string, files: PolicyFiles): Promise<string> {
  try {
    return await files.materialise(resolve(folder, spec));
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    throw new SentinelError(
      "plugin-invalid",
      `${place}: cannot get ${printable(spec, 200)}: ${(error as Error).message}`,
      "check the path",
    );
  }
}

function packagePath(spec: string, folder: string, place: string, files: PolicyFiles): string {
  const [, name = spec] = /^((?:@[^/]+\/)?[^/]+)/.exec(spec) ?? [];
  const found = files.packageFolder(name, folder);
  if (!found) {
    const why =
      files.suffix === ""
        ? "is not installed"
        : "would come from the judged work tree, which is not trusted here";
    throw new SentinelError(
      "plugin-invalid",
      `${place}: the package ${printable(name, 200)} ${why}`,
      files.suffix === ""
        ? `npm install --save-dev ${name}`
        : "install it next to the tool, outside the work tree",
    );
  }
  try {
    return createRequire(join(found.slice(0, found.lastIndexOf(`node_modules${sep}`)), "noop.js")).resolve(
      spec,
    );
  } catch (error) {
    const entry = spec === name ? importEntry(found) : undefined;
    if (entry) return entry;
    const cause = printable((error as Error).message.split("\n")[0] ?? "", 200);
    throw new SentinelError(
      "plugin-invalid",
      `${place}: ${printable(spec, 200)} cannot be resolved: ${cause}`,
      "check the package's exports",
    );
  }
}

/** The entry of a package that can only be imported, not required. */
function importEntry(folder: string): string | undefined {
  const { exports, module, main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  const root = (exports as Record<string, unknown> | undefined)?.["."] ?? exports;
  const entry =
    typeof root === "string"
      ? root
      : ((root as Record<string, unknown> | undefined)?.["import"] ?? module ?? main);
  return typeof entry === "string" ? join(folder, entry) : undefined;
}

function isCheck(value: unknown): value is AnyCheck {
  const check = value as Partial<AnyCheck> | null;
  return (
    typeof check === "object" &&
    check !== null &&
    typeof check.id === "string" &&
    (check.kind === "policy" || check.kind === "health") &&
    (check.reach === "local" || check.reach === "network") &&
    typeof check.observe === "function" &&
    typeof check.judge === "function" &&
    typeof check.schema === "function"
  );
}

/** @throws SentinelError when the catalogue has no such check */
export function unknownCheck(uses: string, place: string, catalogue: readonly string[]): SentinelError {
  const meant = nearest(uses, catalogue);
  return new SentinelError(
    "config-invalid",
    `${place}: unknown check "${printable(uses, 80)}"`,
    meant
      ? `did you mean "${meant}"?`
      : "docs/checks.md lists them; for your own, use: ./file.ts or npm:package",
  );
}
