import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import { type Event, whyNoSecrets } from "./event.ts";
import type { Inputs, Mode } from "./inputs.ts";
import type { Voice } from "./say.ts";

const judges = ["check", "env", "preflight"];

/**
 * The inputs as they are run. What a missing secret is to be forgiven for must not hide what is behind it: everything is asked.
 * @throws SentinelError `flag-invalid` for a mode that the command must not have
 */
export function asked(inputs: Inputs, { withoutSecrets }: Event): Inputs {
  const { mode, command, options } = inputs;
  if (mode === "enforce") return inputs;
  const name = command.join(" ");
  if (!judges.includes(name)) {
    throw new SentinelError(
      "flag-invalid",
      `mode: ${mode} is for commands that only judge (${judges.join(", ")}), not for ${printable(name, 50)}`,
      "leave mode out",
    );
  }
  if (mode === "advisory" || withoutSecrets === null) return inputs;
  return { ...inputs, options: new Map([...options, ["all", true]]) };
}

export interface Job {
  readonly mode: Mode;
  readonly event: Event;
  readonly env: NodeJS.ProcessEnv;
  readonly voice: Voice;
}

/**
 * What the step ends with, and what is said of it besides.
 * @param verdict undefined where there is none, or where something that was asked for could not be delivered
 */
export function finish(
  code: number,
  verdict: Verdict | undefined,
  { mode, event: { withoutSecrets }, env, voice }: Job,
): number {
  if (code !== 1 && code !== 2) return code;
  const word = code === 1 ? "BLOCKED" : "CRITICAL";
  const isForgivable = withoutSecrets !== null && verdict?.exitCode === code && isOnlyWithheld(verdict, env);
  const forgiven = mode === "advisory" || (mode === "advisory-for-forks" && isForgivable);
  if (withoutSecrets !== null) {
    const told = `${word}: ${whyNoSecrets(withoutSecrets)}; if a reason is a variable that is missing, this is why`;
    if (forgiven) voice.tell("warning", told);
    else if (mode === "enforce")
      voice.tell(
        "error",
        told,
        "only for that: push the branch to this repository, or let such pull requests pass: mode: advisory-for-forks",
      );
    else
      voice.tell(
        "error",
        `${told}; that is not all, and nothing else is forgiven by mode: ${mode}`,
        "mend what else there is; a variable that the step does not name in its env: is missing for everybody",
      );
  }
  if (!forgiven) return code;
  voice.tell("warning", `${word} (exit code ${code}), and the step passes all the same: the mode is ${mode}`);
  return 0;
}

/**
 * Whether everything that stands against it is what GitHub has kept back: of a secret that it does not give it leaves an empty
 * text. A variable that the step does not even name is missing for everybody.
 */
function isOnlyWithheld({ onlyMissing, findings }: Verdict, env: NodeJS.ProcessEnv): boolean {
  if (onlyMissing !== true) return false;
  const against = findings.filter(({ status }) => status === "fail" || status === "unknown");
  const isWithheld = (name: string) => env[name] === "" || env[`${name}_FILE`] !== undefined;
  return against.every(({ missing }) => missing === undefined || missing.some(isWithheld));
}
