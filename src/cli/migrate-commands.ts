import { Option } from "commander";
import { checkoutOptions } from "./checkout-options.ts";
import type { CommandDefinition } from "./command.ts";
import { commonOptions, configRefOption, targetOptions } from "./options.ts";

/** Changes of the database. */
export const migrateCommands: readonly CommandDefinition[] = [
  {
    name: "migrate check",
    summary:
      "Are these migrations safe? Reads them, and tries them out on the shadow database (SHADOW_DB_URL). Exit 0: yes; 1: no; 2: not found out.",
    args: "[files...]",
    options: () => [
      ...targetOptions().slice(0, 1),
      configRefOption(),
      new Option("--lint-only", "read and judge alone: no database is needed, and none is asked"),
      new Option("--since <ref>", "judge what has changed since then, and take the rest as given"),
      new Option("--dialect <name>", "whose SQL it is").choices(["postgres"]).default("postgres"),
      ...checkoutOptions(),
      ...commonOptions(),
    ],
    examples: [
      ["release-sentinel migrate check 'db/migrations/*.sql'", "with SHADOW_DB_URL set"],
      ["release-sentinel migrate check --env prod", "those that the configuration names"],
      [
        "release-sentinel migrate check db/migrations --since origin/main",
        "what a pull request brings; the shadow may be empty",
      ],
      [
        "release-sentinel migrate check db/V7__orders.sql --lint-only --report sarif=migrations.sarif",
        "in a pull request",
      ],
    ],
    load: async () => (await import("./commands/migrate-check.ts")).run,
  },
];
