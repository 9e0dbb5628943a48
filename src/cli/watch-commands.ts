import type { CommandDefinition } from "./command.ts";
import { backtestOptions, explainOptions, watchOptions } from "./watch-options.ts";

/** What is watched after a deploy. */
export const watchCommands: readonly CommandDefinition[] = [
  {
    name: "watch",
    summary:
      "Watch the golden signals and the error budget after a deploy. Exit 0: all known and well to the end; 2: not.",
    options: watchOptions,
    examples: [
      ["release-sentinel watch --env prod --for 10m", "with PROMETHEUS_URL or SERVICE_URL set"],
      [
        "release-sentinel watch --env prod --version v1.4.2 --report html=watch.html",
        "with a page to look at afterwards",
      ],
      ["release-sentinel watch --env prod --since 30m", "a deploy of half an hour ago, from Prometheus"],
    ],
    load: async () => (await import("./commands/watch.ts")).run,
  },
  {
    name: "watch explain",
    summary: "What a decision was made of: queries, samples and arithmetic, to be redone by hand.",
    args: "[file]",
    options: explainOptions,
    examples: [
      ["release-sentinel watch explain", "the last decision in the ledger"],
      ["release-sentinel watch explain watch.json", "of an answer that was saved with --json"],
    ],
    load: async () => (await import("./commands/watch-explain.ts")).run,
  },
  {
    name: "watch backtest",
    summary: "What would this policy have done with past deploys, and how often needlessly?",
    options: backtestOptions,
    examples: [
      [
        "release-sentinel watch backtest --env prod --policy new.yaml",
        "the ledger's deploys of the last 30 days",
      ],
      [
        "release-sentinel watch backtest --env prod --from prometheus --since 14d",
        "and moments at which nothing was deployed",
      ],
    ],
    load: async () => (await import("./commands/watch-backtest.ts")).run,
  },
];
