import type { Json } from "../core/json.ts";
import type { Policy, Waiver } from "../core/policy.ts";

/** A configuration as people write it, after validation. Every part may be missing. */
export interface ConfigFile {
  readonly extends?: string | readonly string[];
  readonly checks?: Readonly<Record<string, CheckEntry>>;
  readonly environments?: Readonly<Record<string, EnvironmentEntry | null>>;
  readonly unknown?: Policy["onUnknown"];
  readonly waivers?: readonly Waiver[];
  readonly alerts?: readonly Json[];
  readonly release?: Json;
  readonly ledger?: Json;
  readonly deploy?: Json;
  readonly watch?: Json;
  readonly ritual?: Json;
}

/** `true` and null: with its defaults; `false`: not at all; an object: with these options. */
export type CheckEntry = boolean | null | CheckSettings;

export interface CheckSettings {
  /** A check of the catalogue, `./file.ts` or `npm:package#export`; without it the entry's own name. */
  readonly uses?: string;
  readonly severity?: "fail" | "warn" | "notice";
  readonly mode?: "enforce" | "shadow";
  readonly owner?: string;
  readonly reason?: string;
  readonly until?: string;
  readonly timeout?: string | number;
  readonly attempts?: number;
  readonly needs?: readonly string[];
  readonly [option: string]: Json | readonly string[] | undefined;
}

/** One environment's deviations from the rest of the file. */
export interface EnvironmentEntry {
  readonly checks?: Readonly<Record<string, CheckEntry>>;
  readonly unknown?: Policy["onUnknown"];
  readonly breakGlass?: readonly string[];
  readonly deploy?: Json;
  readonly watch?: Json;
  readonly ritual?: Json;
}
