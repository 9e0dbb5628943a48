import type { ConfigFile } from "../config/file.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import type { DashboardSettings } from "../ritual/dashboard/settings.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import { type Between, windowOf } from "../ritual/window.ts";

/** The configuration's `ritual:` as it holds for an environment. Validated before. */
export function settingsOf(config: ConfigFile, environment: string | null): RitualSettings {
  if (environment === null) return (config.ritual ?? {}) as RitualSettings;
  return sectionFor<RitualSettings>(config, environment, "ritual") as RitualSettings;
}

/** The remote that releases go to. */
export function remoteOf(config: ConfigFile): string {
  return (config.release as { readonly remote?: string } | undefined)?.remote ?? "origin";
}

/** What a dashboard is looked at for. */
export interface AskedWindow {
  /** Milliseconds since 1970; null: around the deploy. */
  readonly window: { readonly from: number; readonly to: number } | null;
  /** The same in words; undefined where nobody has said any. */
  readonly words: string | undefined;
}

/** The window of a flag or a variable, or else the configuration's. @throws SentinelError `config-invalid` */
export function askedWindow(given: Between, settings: RitualSettings): AskedWindow {
  const { from, to } = (settings["dashboard"] ?? {}) as DashboardSettings;
  const between = given.from === undefined && given.to === undefined ? { from, to } : given;
  const window = windowOf(between, Date.now());
  if (window === undefined)
    throw new SentinelError(
      "config-invalid",
      `ritual.dashboard: from ${printable(from ?? "(an hour before)", 100)} to ${printable(to ?? "now", 100)} is no window of time`,
      "write them as now-1h, 2026-11-21T10:00:00Z or milliseconds since 1970, the earlier one first",
    );
  const words = window === null ? undefined : `${between.from ?? ""}..${between.to ?? ""}`;
  return { window, words };
}
