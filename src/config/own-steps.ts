import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { type AnyStepDefinition, isStepDefinition } from "../ritual/own-step.ts";
import type { OwnStepSettings, RitualSettings } from "../ritual/settings.ts";
import type { LoadedConfig, LoadedDocument } from "./load.ts";
import { loadExport, type PluginLoading } from "./plugins.ts";
import { at, invalid, validate } from "./problem.ts";
import { parseDuration } from "./schema.ts";
import { valueAt } from "./value-at.ts";

/** A step of a project's own, loaded and told its options. */
export interface LoadedStep {
  readonly definition: AnyStepDefinition;
  readonly name: string;
  readonly options: object;
  /** Milliseconds that one call may take. */
  readonly timeoutMs?: number | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** `release-sentinel.yaml:12:5` */
  readonly place: string;
}

/** The steps under `ritual.steps`. @throws SentinelError `plugin-invalid`, `config-invalid` */
export async function loadOwnSteps(
  loaded: LoadedConfig,
  environment: string | null,
  by: PluginLoading,
): Promise<readonly LoadedStep[]> {
  const found = whereSteps(loaded, environment);
  if (!found) return [];
  const { document, path } = found;
  const steps = valueAt(document.data, path) as NonNullable<RitualSettings["steps"]>;
  return Promise.all(steps.map((settings, i) => loadStep(settings, document, [...path, i], by)));
}

/** A list is replaced by that of a later file, and by the environment's own. */
function whereSteps(
  { documents }: LoadedConfig,
  environment: string | null,
): { document: LoadedDocument; path: readonly PropertyKey[] } | undefined {
  const paths = [
    ...(environment === null ? [] : [["environments", environment, "ritual", "steps"]]),
    ["ritual", "steps"],
  ];
  for (const path of paths) {
    const document = documents.findLast(({ data }) => valueAt(data, path) !== undefined);
    if (document) return { document, path };
  }
  return undefined;
}

async function loadStep(
  settings: OwnStepSettings,
  { document, folder }: Pick<LoadedDocument, "document" | "folder">,
  path: readonly PropertyKey[],
  by: PluginLoading,
): Promise<LoadedStep> {
  const { uses, name, before, after, timeout } = settings;
  const place = at(document.place([...path, "uses"]));
  const { value, fault, exportName } = await loadExport(uses, folder, place, by);
  if (!isStepDefinition(value)) {
    const why = fault ?? `${uses}: its export "${exportName}" is no step: use defineStep`;
    throw new SentinelError(
      "plugin-invalid",
      `${place}: ${printable(why, 500)}`,
      "correct the step, or take it out",
    );
  }
  const z = await import("zod");
  z.config({ jitless: true });
  const given = settings.options ?? {};
  const shape = value.schema?.(z) ?? z.strictObject({});
  const where = settings.options === undefined ? path : [...path, "options"];
  const problems = validate(shape, document, where, given);
  if (problems.length > 0) throw invalid(problems);
  return {
    definition: value,
    name: name ?? value.name,
    options: { ...(value.defaults as object | undefined), ...given },
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
    before,
    after,
    place,
  };
}
