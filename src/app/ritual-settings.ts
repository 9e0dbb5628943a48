import type { ConfigFile } from "../config/file.ts";
import { sectionFor } from "../config/section.ts";
import type { RitualSettings } from "../ritual/settings.ts";

/** The configuration's `ritual:` as it holds for an environment. Validated before. */
export function settingsOf(config: ConfigFile, environment: string | null): RitualSettings {
  if (environment === null) return (config.ritual ?? {}) as RitualSettings;
  return sectionFor<RitualSettings>(config, environment, "ritual") as RitualSettings;
}

/** The remote that releases go to. */
export function remoteOf(config: ConfigFile): string {
  return (config.release as { readonly remote?: string } | undefined)?.remote ?? "origin";
}
