import canonicalize from "canonicalize";
import type { Readers } from "../clients/readers.ts";
import { defaultLimits, type Limits } from "../core/check.ts";
import type { Json } from "../core/json.ts";
import type { PlannedCheck, Policy } from "../core/policy.ts";
import { defaultEnvironments } from "./default.ts";
import type { CheckEntry, CheckSettings, ConfigFile, EnvironmentEntry } from "./file.ts";
import type { LoadedConfig } from "./load.ts";
import type { Used } from "./plugins.ts";
import { optionsOf, parseDuration } from "./schema.ts";

/** Finds the check that an entry uses. */
export type Find = (name: string, uses: string) => Promise<Used>;

/** The environments that releases go to. */
export function environmentNames(config: ConfigFile): readonly string[] {
  const names = Object.keys(config.environments ?? {});
  return names.length > 0 ? names : defaultEnvironments;
}

/** The file's checks with one environment's on top; entries that are `false` are gone. */
export function entriesFor(config: ConfigFile, environment: string): ReadonlyMap<string, CheckSettings> {
  const entries = new Map<string, CheckSettings>();
  const own: EnvironmentEntry | null | undefined = Object.hasOwn(config.environments ?? {}, environment)
    ? config.environments?.[environment]
    : undefined;
  for (const [name, entry] of [
    ...Object.entries(config.checks ?? {}),
    ...Object.entries(own?.checks ?? {}),
  ]) {
    if (entry === false) entries.delete(name);
    else entries.set(name, { ...entries.get(name), ...settings(entry) });
  }
  return entries;
}

/** Whether a check is turned off by name, and not merely not mentioned. */
function isOff(config: ConfigFile, environment: string, name: string): boolean {
  const own = Object.hasOwn(config.environments ?? {}, environment)
    ? config.environments?.[environment]
    : undefined;
  return (own?.checks?.[name] ?? config.checks?.[name]) === false;
}

function settings(entry: CheckEntry): CheckSettings {
  return entry !== null && typeof entry === "object" ? entry : {};
}

/** One environment's policy, complete: every default filled in, every check found. */
export async function normalise(
  loaded: LoadedConfig,
  environment: string,
  find: Find,
): Promise<Policy<Readers>> {
  const { data } = loaded;
  const own = Object.hasOwn(data.environments ?? {}, environment)
    ? data.environments?.[environment]
    : undefined;
  const checks: PlannedCheck<Readers>[] = [];
  const code: string[] = [];
  const entries = entriesFor(data, environment);
  for (const [name, entry] of entries) {
    const used = await find(name, entry.uses ?? name);
    if (used.sha256) code.push(used.sha256);
    const { companion } = used.check;
    const alone =
      companion !== undefined && (entry["remote"] === false || isOff(data, environment, companion));
    checks.push(plan(name, alone ? { ...entry, remote: false } : entry, used, data));
    if (companion === undefined || alone || entries.has(companion)) continue;
    const { uses: _, ...same } = entry;
    checks.push(plan(companion, same, await find(companion, companion), data));
  }
  // Environments that are named are the only ones: a slip in --env must not be a policy of its own.
  const named = Object.keys(data.environments ?? {}).length > 0;
  if (
    named &&
    !checks.some(({ check }) => check.id === "env.allowed") &&
    !isOff(data, environment, "env.allowed")
  ) {
    checks.unshift(plan("env.allowed", {}, await find("env.allowed", "env.allowed"), data));
  }
  const rest = {
    waivers: data.waivers ?? [],
    breakGlass: own?.breakGlass ?? [],
    onUnknown: own?.unknown ?? data.unknown ?? ("critical" as const),
  };
  return { checks, ...rest, digest: () => digest(environment, checks, rest, code), source: loaded.label };
}

function plan(
  name: string,
  entry: CheckSettings,
  { check }: Used,
  config: ConfigFile,
): PlannedCheck<Readers> {
  const options = { ...(check.defaults as Record<string, Json>), ...optionsOf(entry) };
  // The environments of the file are the allowed ones, unless the check is told others.
  if (check.id === "env.allowed" && entry["allow"] === undefined)
    options["allow"] = [...environmentNames(config)];
  const { owner, reason, until } = entry;
  const note = { ...(owner ? { owner } : {}), ...(reason ? { reason } : {}), ...(until ? { until } : {}) };
  return {
    name,
    check,
    kind: check.kind,
    options,
    limits: limits(entry, check.limits),
    needs: entry.needs ?? [],
    severity: entry.severity ?? "fail",
    ...(entry.mode === "shadow" ? { shadow: note } : {}),
  };
}

function limits(entry: CheckSettings, own: Partial<Limits> | undefined): Limits {
  const timeoutMs = entry.timeout === undefined ? undefined : parseDuration(entry.timeout);
  return {
    ...defaultLimits,
    ...own,
    ...(timeoutMs ? { timeoutMs } : {}),
    ...(entry.attempts ? { attempts: entry.attempts } : {}),
  };
}

function digest(
  environment: string,
  checks: readonly PlannedCheck[],
  rest: object,
  code: readonly string[],
): string {
  const policy = {
    environment,
    checks: checks.map(({ name, check, options, limits, needs, severity, shadow }) => ({
      name,
      uses: check.id,
      options,
      limits,
      needs,
      severity,
      shadow: shadow ?? null,
    })),
    ...rest,
    code,
  };
  // Loading it takes longer than everything else here: not before the answer is wanted.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return `sha256:${createHash("sha256")
    .update(canonicalize(policy) ?? "")
    .digest("hex")}`;
}
