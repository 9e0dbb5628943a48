import { checkoutOptions } from "./checkout-options.ts";
import type { CommandDefinition } from "./command.ts";
import { exportOptions, showOptions, verifyLedgerOptions } from "./ledger-options.ts";
import { answerOptions } from "./options.ts";

/** The audit ledger. */
export const ledgerCommands: readonly CommandDefinition[] = [
  {
    name: "ledger show",
    summary: "What was decided and done, by whom, when: the newest entries of the audit ledger.",
    options: () => [...showOptions(), ...checkoutOptions(), ...answerOptions()],
    examples: [
      ["release-sentinel ledger show --env prod --since 7d", "what happened to prod this week"],
      [
        "release-sentinel ledger show --verdict BLOCKED --json",
        "every release that was stopped, for another program",
      ],
    ],
    load: async () => (await import("./commands/ledger-show.ts")).run,
  },
  {
    name: "ledger verify",
    summary: "Is the audit ledger whole and genuine? Names the first bad entry. Exit 0: genuine; 2: not.",
    options: () => [...verifyLedgerOptions(), ...checkoutOptions(), ...answerOptions()],
    examples: [
      [
        "release-sentinel ledger verify --key release-sentinel.pub",
        "the chain, its signatures, and what release tags remember",
      ],
      [
        "release-sentinel ledger verify --bundle PRODUCTION_GO_EVIDENCE.md --key release-sentinel.pub",
        "on an auditor's machine",
      ],
    ],
    load: async () => (await import("./commands/ledger-verify.ts")).run,
  },
  {
    name: "ledger export",
    summary: "The evidence for one release as one file: readable, and verifiable without the ledger.",
    options: () => [...exportOptions(), ...checkoutOptions(), ...answerOptions([])],
    examples: [
      [
        "release-sentinel ledger export --version v1.4.2 --attach sbom.json -o PRODUCTION_GO_EVIDENCE.md",
        "for the auditor",
      ],
    ],
    load: async () => (await import("./commands/ledger-export.ts")).run,
  },
];
