import { Option } from "commander";
import type { CommandDefinition } from "./command.ts";
import { answerOptions, collect, configRefOption, milliseconds, targetOptions } from "./options.ts";

const prOption = (): Option => new Option("--pr <number>", "the pull request");

const placeOptions = (wait: string): Option[] => [
  ...targetOptions().slice(0, 1),
  configRefOption(),
  new Option("--context <name>", "kubectl's context, whatever is current"),
  new Option("--wait <duration>", wait).argParser(milliseconds),
  new Option("--dry-run", "do everything up to the first write"),
];

/** Environments of pull requests. */
export const previewCommands: readonly CommandDefinition[] = [
  {
    name: "preview deploy",
    summary: "Put a pull request's version into a Kubernetes namespace of its own, which ends by itself.",
    options: () => [
      prOption(),
      new Option("--manifest <file>", "file or folder of manifests; - is standard input; may be repeated")
        .argParser(collect)
        .default([], "the configuration's"),
      new Option("-k, --kustomize <dir>", "a folder with a kustomization"),
      new Option("--ttl <duration>", "how long it lives, from now: 24h, 3d (default: 24h)"),
      ...placeOptions("how long it may take to become healthy (default: 5min)"),
      ...answerOptions(),
    ],
    examples: [
      ["release-sentinel preview deploy --pr 12 --manifest k8s/ --ttl 24h", "in the namespace pr-12"],
      [
        "kustomize build overlays/preview | release-sentinel preview deploy --pr 12 --manifest -",
        "made on the way",
      ],
    ],
    load: async () => (await import("./commands/preview.ts")).deploy,
  },
  {
    name: "preview cleanup",
    summary: "Remove a pull request's preview, with everything in it.",
    options: () => [
      prOption(),
      ...placeOptions("how long its end may take (default: 2min)"),
      ...answerOptions(),
    ],
    examples: [["release-sentinel preview cleanup --pr 12", "when the pull request is closed"]],
    load: async () => (await import("./commands/preview.ts")).cleanup,
  },
  {
    name: "preview sweep",
    summary: "Remove every preview that is past its time.",
    options: () => [...placeOptions("how long their end may take (default: 2min)"), ...answerOptions()],
    examples: [
      ["release-sentinel preview sweep --dry-run", "what would go"],
      ["release-sentinel preview sweep --json", "by a scheduled job"],
    ],
    load: async () => (await import("./commands/preview.ts")).sweep,
  },
];
