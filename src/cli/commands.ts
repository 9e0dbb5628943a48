import { checkoutOptions } from "./checkout-options.ts";
import type { CommandDefinition } from "./command.ts";
import { deployCommands } from "./deploy-commands.ts";
import { attestCommands, replayDefinition } from "./evidence-commands.ts";
import { attestOptions } from "./evidence-options.ts";
import { initCommands } from "./init-commands.ts";
import { ledgerCommands } from "./ledger-commands.ts";
import { migrateCommands } from "./migrate-commands.ts";
import { nextOptions, notesOptions } from "./notes-options.ts";
import {
  answerOptions,
  applyPlanOptions,
  checkOptions,
  commonOptions,
  configRefOption,
  gateOptions,
  outputOption,
  preflightOptions,
  releaseOptions,
  resolvedOption,
  targetOptions,
} from "./options.ts";
import { previewCommands } from "./preview-commands.ts";
import { ritualCommands } from "./ritual-commands.ts";
import { watchCommands } from "./watch-commands.ts";

/** Every command. The first is run when none is named. */
export const commands: readonly CommandDefinition[] = [
  {
    name: "check",
    summary: "Is this release safe to deploy right now? Answers SAFE (0), BLOCKED (1) or CRITICAL (2).",
    options: () => [
      ...targetOptions(),
      ...checkOptions(),
      ...gateOptions(),
      ...attestOptions(),
      ...checkoutOptions(),
      ...commonOptions(),
    ],
    examples: [
      ["release-sentinel --env prod --version v1.4.2", "the gate"],
      [
        "release-sentinel check --env prod --version v1.4.2 --all",
        "everything that is wrong, not only the first sort",
      ],
      ["release-sentinel check --env prod --version v1.4.2 --report junit=gate.xml --json", "for CI"],
      [
        "release-sentinel check --env prod --version v1.4.2 --attest verdict.sigstore.json --key keys/release-sentinel.key",
        "a signed verdict, for whoever deploys",
      ],
      [
        "release-sentinel check --env prod --version v1.4.2 --at 2026-12-24T18:00",
        "would it be frozen then?",
      ],
      [
        "release-sentinel check --env prod --version v1.4.2 --for deploy --repo your-org/shop --ref v1.4.2",
        "where there is no checkout",
      ],
    ],
    load: async () => (await import("./commands/check.ts")).run,
  },
  {
    name: "env",
    summary: "Is the environment allowed, and every required variable and secret there?",
    options: () => [...targetOptions(), ...gateOptions(), ...checkoutOptions(), ...commonOptions()],
    examples: [["release-sentinel env --env stage", "with the variables that the policy of stage requires"]],
    load: async () => (await import("./commands/env.ts")).run,
  },
  {
    name: "preflight",
    summary: "Are this host, its tools and the dependencies healthy?",
    options: () => [
      ...targetOptions(),
      ...preflightOptions(),
      ...gateOptions(),
      ...checkoutOptions(),
      ...commonOptions(),
    ],
    examples: [
      [
        "release-sentinel preflight --url https://api.example.com/health --process nginx",
        "besides disk and memory",
      ],
      ["release-sentinel preflight --require kubectl --require docker", "are the tools here?"],
    ],
    load: async () => (await import("./commands/preflight.ts")).run,
  },
  {
    name: "release",
    summary:
      "Gate, notes, annotated tag, push, GitHub release with assets. Run again, it goes on from what is there.",
    options: () => [
      ...targetOptions(),
      ...applyPlanOptions(),
      ...releaseOptions(),
      ...checkoutOptions(),
      ...commonOptions(),
    ],
    examples: [
      [
        "release-sentinel release --env prod --version v1.4.2",
        "release it, or finish a release that stalled",
      ],
      [
        "release-sentinel release --env prod --version v1.4.2 --dry-run",
        "what would be done, and what is in the way",
      ],
      ["release-sentinel release --env prod --version v1.4.2 --tag", "only the tag; needs no forge"],
      ["release-sentinel release --plan ../plan.json", "exactly what was planned, or nothing"],
    ],
    load: async () => (await import("./commands/release.ts")).run,
  },
  {
    name: "release plan",
    summary: "The plan of a release, saved to be applied later: release --plan.",
    options: () => [
      ...targetOptions(),
      outputOption(),
      ...releaseOptions(),
      ...checkoutOptions(),
      ...commonOptions(),
    ],
    examples: [
      [
        "release-sentinel release plan --env prod --version v1.4.2 -o ../plan.json",
        "for another pair of eyes",
      ],
    ],
    load: async () => (await import("./commands/release.ts")).plan,
  },
  {
    name: "notes",
    summary: "Release notes from the git history: what changed since the release before.",
    options: notesOptions,
    examples: [
      ["release-sentinel notes --version v1.4.2", "for the next release, in Markdown"],
      ["release-sentinel notes --version v1.4.2 -o RELEASE_NOTES.txt", "into a file"],
      ["release-sentinel notes --version v1.4.2 --changelog", "into CHANGELOG.md, once"],
      ["release-sentinel notes --version pkg@1.4.2 --path packages/pkg", "of one package of a monorepo"],
      ["release-sentinel notes --from v1.2.0 --to v1.4.2 --style plain", "a line for each commit"],
    ],
    load: async () => (await import("./commands/notes.ts")).run,
  },
  {
    name: "version next",
    summary: "What the next version would be by the commits since the last release, and why.",
    options: nextOptions,
    examples: [
      ["release-sentinel version next", "the version alone on stdout, the reasons on stderr"],
      ["release-sentinel version next --pre rc --json", "the next release candidate, for programs"],
    ],
    load: async () => (await import("./commands/version-next.ts")).run,
  },
  {
    name: "config validate",
    summary: "Is the configuration right? Names every problem with file, line and column.",
    options: () => [configRefOption(), ...checkoutOptions(), ...answerOptions()],
    examples: [["release-sentinel config validate", "the file that check would use"]],
    load: async () => (await import("./commands/config-validate.ts")).run,
  },
  {
    name: "config show",
    summary: "The configuration as it is used.",
    options: () => [
      ...targetOptions().slice(0, 1),
      resolvedOption(),
      configRefOption(),
      ...checkoutOptions(),
      ...answerOptions(),
    ],
    examples: [
      [
        "release-sentinel config show --resolved --env prod",
        "the policy of prod, each value with where it comes from",
      ],
    ],
    load: async () => (await import("./commands/config-show.ts")).run,
  },
  ...deployCommands,
  ...migrateCommands,
  ...previewCommands,
  ...ritualCommands,
  ...watchCommands,
  ...attestCommands,
  ...ledgerCommands,
  replayDefinition(async () => (await import("./commands/ledger-replay.ts")).run),
  ...initCommands,
  {
    name: "doctor",
    summary: "What is there and what is missing on this machine, with the line that mends it.",
    options: () => [...checkoutOptions(), ...answerOptions()],
    examples: [["release-sentinel doctor", "before the first run"]],
    load: async () => (await import("./commands/doctor.ts")).run,
  },
  {
    name: "completion",
    summary: "A completion script for bash, zsh or fish.",
    args: "<shell>",
    options: () => [],
    examples: [['eval "$(release-sentinel completion bash)"', "in ~/.bashrc"]],
    load: async () => (await import("./commands/completion.ts")).completion(commands),
  },
];
