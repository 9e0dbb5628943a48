import { SentinelError } from "../../core/errors.ts";
import { nearest, printable } from "../../core/text.ts";
import { splitWords } from "./words.ts";

/** How the step ends when the answer is not SAFE. */
export const modes = ["enforce", "advisory", "advisory-for-forks"] as const;
export type Mode = (typeof modes)[number];

/** The inputs of `action.yml`, as the workflow gave them. */
export interface Inputs {
  /** `check`, `release plan`, … */
  readonly command: readonly string[];
  readonly mode: Mode;
  /** As given, relative to the work space. */
  readonly workingDirectory: string | undefined;
  readonly token: string | undefined;
  /** Options by the input's name: one value, several, or `true`. */
  readonly options: ReadonlyMap<string, string | readonly string[] | true>;
  readonly args: readonly string[];
  /** Names that were given, and are none of ours. */
  readonly unknown: readonly string[];
}

/** Inputs that are a flag of the same name, with one value. */
const single = ["env", "version", "for", "config", "config-ref", "only", "skip", "attest"] as const;
const alsoSingle = ["driver", "pr", "repo", "ref", "timeout"] as const;
/** One value a line; the flag is given for each. */
const several = ["report", "artifact", "asset", "manifest"] as const;
const switches = ["all", "dry-run", "allow-warnings"] as const;

/** Every input that there is, for what is written about them. */
export const inputNames: readonly string[] = [
  "command",
  ...single,
  ...alsoSingle,
  ...several,
  ...switches,
  "args",
  "working-directory",
  "mode",
  "token",
];

/** What the runner calls an input: upper case, spaces as `_`, hyphens as they are. */
function variable(name: string): string {
  return `INPUT_${name.toUpperCase()}`;
}

/**
 * Takes the inputs out of an environment, so that no program that is started later gets them.
 * @throws SentinelError `flag-invalid`
 */
export function takeInputs(env: NodeJS.ProcessEnv): Inputs {
  const given = new Map(inputNames.map((name) => [name, env[variable(name)]?.trim() || undefined]));
  const known = new Set(inputNames.map(variable));
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith("INPUT_") && !known.has(name) && env[name]?.trim(),
  );
  for (const name of Object.keys(env)) if (name.startsWith("INPUT_")) delete env[name];
  const get = (name: string) => given.get(name);
  const options = new Map<string, string | readonly string[] | true>();
  for (const name of [...single, ...alsoSingle]) {
    const value = get(name);
    if (value !== undefined) options.set(name, value);
  }
  for (const name of several) {
    const lines = (get(name) ?? "")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
    if (lines.length > 0) options.set(name, lines);
  }
  for (const name of switches) if (isOn(name, get(name))) options.set(name, true);
  const command = (get("command") ?? "check").split(/\s+/);
  const flag = command.find((word) => word.startsWith("-"));
  if (flag !== undefined) {
    throw new SentinelError(
      "flag-invalid",
      `the input command has a flag in it: ${printable(flag, 100)}`,
      "flags are inputs of their own, or stand in args",
    );
  }
  return {
    command,
    mode: modeOf(get("mode") ?? "enforce"),
    workingDirectory: get("working-directory"),
    token: get("token"),
    options,
    args: splitWords(get("args") ?? ""),
    unknown: unknown.map((name) => name.slice("INPUT_".length).toLowerCase()),
  };
}

/** YAML 1.2's booleans, as other actions take them. */
function isOn(name: string, value: string | undefined): boolean {
  if (value === undefined || /^(false|False|FALSE)$/.test(value)) return false;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  throw new SentinelError(
    "flag-invalid",
    `the input ${name} is ${printable(value, 50)}, which is neither true nor false`,
    `${name}: true`,
  );
}

function modeOf(text: string): Mode {
  const mode = modes.find((one) => one === text);
  if (mode) return mode;
  const near = nearest(text, modes);
  throw new SentinelError(
    "flag-invalid",
    `the input mode is ${printable(text, 50)}, which is none of ${modes.join(", ")}`,
    `mode: ${near ?? "enforce"}`,
  );
}
