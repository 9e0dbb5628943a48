import type { LoadedConfig } from "../config/load.ts";
import { type LoadedStep, loadOwnSteps } from "../config/own-steps.ts";
import type { PluginLoading } from "../config/plugins.ts";
import { ritualSteps, type StepName, stepNames } from "../flows/ritual.ts";

/** Names of all steps, with the project's own ones in their places. @throws SentinelError `config-invalid` */
export function namesWith(own: readonly LoadedStep[]): readonly string[] {
  const tool = Object.fromEntries(stepNames.map((name) => [name, { name }])) as Record<
    StepName,
    { name: string }
  >;
  const placed = own.map(({ name, before, after, place }) => ({ step: { name }, before, after, place }));
  return ritualSteps(tool, placed).map(({ name }) => name);
}

/** Loads every environment's own steps, and sees that each has its place. @throws SentinelError `plugin-invalid`, `config-invalid` */
export async function mustHoldTogether(loaded: LoadedConfig, by: PluginLoading): Promise<void> {
  for (const environment of [null, ...Object.keys(loaded.data.environments ?? {})])
    namesWith(await loadOwnSteps(loaded, environment, by));
}
