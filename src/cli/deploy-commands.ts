import type { CommandDefinition } from "./command.ts";
import { applyOptions, pinOptions, rollbackOptions } from "./deploy-options.ts";

/** What puts a release on an environment, and takes it back. */
export const deployCommands: readonly CommandDefinition[] = [
  {
    name: "apply",
    summary:
      "Deploy: gate, dry run, apply, wait, verify; roll back by itself if it fails. Run again, it goes on from what is there.",
    options: applyOptions,
    examples: [
      [
        "release-sentinel apply --env prod --version v1.4.2 --driver kubernetes --manifest k8s/",
        "healthy at v1.4.2, or healthy at what was there before",
      ],
      [
        "release-sentinel apply --env prod --version v1.4.2 --dry-run",
        "what would change, and the way back; with the place in the configuration",
      ],
      ["release-sentinel apply --env prod --version v1.4.2 --wait-lock 10min", "after whoever deploys now"],
    ],
    load: async () => (await import("./commands/apply.ts")).run,
  },
  {
    name: "rollback",
    summary: "Back to the last known good release, or to one that is named. Asks no gate.",
    options: rollbackOptions,
    examples: [
      ["release-sentinel rollback --env prod", "to what was good before"],
      ["release-sentinel rollback --env prod --to v1.4.0 --dry-run", "would that work?"],
    ],
    load: async () => (await import("./commands/rollback.ts")).run,
  },
  {
    name: "pin",
    summary: "Put one image there by its digest, and leave everything else as it is. Asks no gate.",
    options: pinOptions,
    examples: [
      [
        "release-sentinel pin --env prod --image shop@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
        "that very image",
      ],
    ],
    load: async () => (await import("./commands/pin.ts")).run,
  },
];
