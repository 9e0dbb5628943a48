import type { Readers } from "../clients/readers.ts";
import { policyFor, readConfig, type Surroundings } from "../config/configuration.ts";
import { defaultConfig, defaultEnvConfig, defaultPreflightConfig } from "../config/default.ts";
import type { ConfigFile } from "../config/file.ts";
import { builtIn, type LoadedConfig } from "../config/load.ts";
import { invalid } from "../config/problem.ts";
import { SentinelError } from "../core/errors.ts";
import type { PlannedCheck, Policy } from "../core/policy.ts";
import { printable } from "../core/text.ts";
import type { Matcher } from "../gate/decide.ts";

/** Which of a policy's checks are asked. */
export type Question = "check" | "env" | "preflight";

export interface Selection {
  readonly question: Question;
  readonly environment: string;
  /** Checks that flags name, for `preflight`. */
  readonly extra: NonNullable<ConfigFile["checks"]>;
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

export interface Selected {
  readonly policy: Policy<Readers>;
  readonly loaded: LoadedConfig;
  /** Names left out by `--only` and `--skip`. */
  readonly leftOut: readonly string[];
}

const builtInFor = {
  check: defaultConfig,
  env: defaultEnvConfig,
  preflight: defaultPreflightConfig,
} as const;

/** The policy to run: the configuration's, or the built-in one, reduced to what is asked. */
export async function selectPolicy(
  around: Surroundings,
  selection: Selection,
  matcher: Matcher,
): Promise<Selected> {
  const { question, environment, extra } = selection;
  const { loaded: found, problems } = await readConfig(around);
  if (problems.length > 0) throw invalid(problems);
  const { suffix } = around.files;
  const label = suffix === "" ? undefined : `built-in default (no configuration${suffix})`;
  const loaded = found ?? builtIn(builtInFor[question], label);
  const whole = await policyFor(loaded, environment, around);
  const flagged =
    Object.keys(extra).length > 0
      ? (await policyFor(builtIn({ checks: extra }, "flags"), environment, around)).checks
      : [];
  // A flag's check must not take the place of one that the policy calls the same.
  const taken = new Set(whole.checks.map(({ name }) => name));
  const named = flagged.map((planned) => ({ ...planned, name: freeName(planned.name, taken) }));
  const asked = [...whole.checks.filter((planned) => belongs(planned, question, environment)), ...named];
  const { kept, leftOut } = reduce(asked, selection, matcher);
  return { policy: { ...whole, checks: kept }, loaded, leftOut };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}-flag`, taken) : name;
}

function belongs({ check, kind }: PlannedCheck, question: Question, environment: string): boolean {
  if (question === "check") return true;
  if (question === "preflight") return kind === "health";
  return check.id.startsWith("env.") && (check.id !== "env.allowed" || environment !== "");
}

/** `--only` keeps what the kept checks need; `--skip` wins. */
function reduce(checks: readonly PlannedCheck<Readers>[], { only, skip }: Selection, matcher: Matcher) {
  for (const [flag, globs] of [
    ["--only", only],
    ["--skip", skip],
  ] as const) {
    for (const glob of globs) {
      if (checks.some(({ name }) => matcher(glob)(name))) continue;
      throw new SentinelError(
        "flag-invalid",
        `${flag} ${printable(glob, 100)} matches no check`,
        `checks here: ${checks.map(({ name }) => name).join(", ")}`,
      );
    }
  }
  const wanted = new Set(
    checks.filter(({ name }) => only.length === 0 || matcher(only)(name)).map(({ name }) => name),
  );
  const needs = new Map(checks.map((planned) => [planned.name, planned.needs]));
  for (const name of wanted) for (const need of needs.get(name) ?? []) wanted.add(need);
  const kept = checks.filter(({ name }) => wanted.has(name) && !(skip.length > 0 && matcher(skip)(name)));
  if (checks.length > 0 && kept.length === 0) {
    throw new SentinelError(
      "flag-invalid",
      "--only and --skip leave nothing to check",
      "leave a check in: a gate that checks nothing is never SAFE",
    );
  }
  const names = new Set(kept.map(({ name }) => name));
  return { kept, leftOut: checks.map(({ name }) => name).filter((name) => !names.has(name)) };
}
