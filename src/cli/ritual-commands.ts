import type { CommandDefinition } from "./command.ts";
import { ritualOptions, ritualSecretsOptions } from "./ritual-options.ts";

/** What comes after a release: until everybody knows. */
export const ritualCommands: readonly CommandDefinition[] = [
  {
    name: "ritual",
    summary:
      "From a valid tag to everybody knowing: changelog, metrics, dashboard, archive, messages. Run again, it goes on from what is there.",
    options: ritualOptions,
    examples: [
      ["release-sentinel ritual --tag v1.4.2 --dry-run", "what would be written and sent; needs no secrets"],
      ["release-sentinel ritual --tag v1.4.2 --env prod", "the whole, or what is left of it"],
      ["release-sentinel ritual --tag v1.4.2-test --rehearsal", "all of it, and nothing final"],
      ["release-sentinel ritual --tag v1.4.2 --only broadcast", "one step alone"],
    ],
    load: async () => (await import("./commands/ritual.ts")).run,
  },
  {
    name: "ritual secrets",
    summary: "The secrets that a ritual needs: what for, with which rights, and whether they are here.",
    options: ritualSecretsOptions,
    examples: [["release-sentinel ritual secrets --env prod", "before the first ritual"]],
    load: async () => (await import("./commands/ritual-secrets.ts")).run,
  },
];
