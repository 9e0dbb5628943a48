import type { ReplayFormat } from "../flows/replay/render.ts";
import { checkoutOptions } from "./checkout-options.ts";
import type { CommandDefinition } from "./command.ts";
import { keygenOptions, replayOptions, verifyOptions } from "./evidence-options.ts";
import { answerOptions, configRefOption } from "./options.ts";

/** Signed verdicts. */
export const attestCommands: readonly CommandDefinition[] = [
  {
    name: "attest keygen",
    summary: "Make a pair of keys that verdicts are signed with. Overwrites nothing.",
    options: () => [...keygenOptions(), ...answerOptions()],
    examples: [["release-sentinel attest keygen -o keys", "encrypted where RS_SIGNING_KEY_PASSWORD is set"]],
    load: async () => (await import("./commands/attest-keygen.ts")).run,
  },
  {
    name: "attest verify",
    summary: "Is this signed verdict genuine, fresh, and about this commit and environment?",
    args: "<file>",
    options: () => [...verifyOptions(), ...checkoutOptions(), ...answerOptions()],
    examples: [
      [
        "release-sentinel attest verify verdict.sigstore.json --commit HEAD --env prod --version v1.4.2 --key release-sentinel.pub",
        "exit 0: genuine; 2: not",
      ],
    ],
    load: async () => (await import("./commands/attest-verify.ts")).run,
  },
];

const replayFormats: readonly ReplayFormat[] = ["text", "markdown", "json"];

/** Judging recorded runs again. @param load with the audit ledger to read from */
export function replayDefinition(load: CommandDefinition["load"]): CommandDefinition {
  return {
    name: "replay",
    summary: "What would another policy have stopped, or let pass? Judges recorded runs again, offline.",
    options: () => [
      ...replayOptions(),
      configRefOption(),
      ...checkoutOptions(),
      ...answerOptions(replayFormats),
    ],
    examples: [
      ["release-sentinel replay --config new.yaml --since 90d", "before the new policy is switched on"],
      ["release-sentinel replay --shadow --since 90d", "is a check in shadow mode worth enforcing?"],
    ],
    load,
  };
}
