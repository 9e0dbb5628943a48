import { InvalidArgumentError, Option } from "commander";
import { type CheckoutOptions, checkoutOptions } from "./checkout-options.ts";
import {
  answerOptions,
  applyPlanOptions,
  type CommonOptions,
  collect,
  commonOptions,
  targetOptions,
} from "./options.ts";

/** Options of `ritual`. */
export interface RitualOptions extends CommonOptions, CheckoutOptions {
  readonly tag?: string;
  readonly env?: string;
  readonly grafanaUrl?: string;
  readonly dashboardUid?: string;
  /** A step's name, a time, or one of each. */
  readonly from: readonly string[];
  readonly to?: string;
  readonly rehearsal?: boolean;
  readonly dryRun?: boolean;
  readonly only: readonly string[];
  readonly folder?: string;
  readonly verdict?: string;
  readonly resend: readonly string[];
  readonly sent: readonly string[];
}

function words(text: string, before: readonly string[]): readonly string[] {
  const found = text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  // An empty variable of a script must not stand for all of them.
  if (found.length === 0) throw new InvalidArgumentError("It names no step.");
  return [...before, ...found];
}

export const ritualOptions = (): Option[] => [
  new Option("--tag <tag>", "the release's tag, vX.Y.Z (or TAG, or VERSION)"),
  new Option("--env <name>", "environment that it was deployed to (or ENV)"),
  applyPlanOptions()[0] as Option,
  new Option(
    "--rehearsal",
    "try it with a tag such as v1.2.3-test: everything says so, and nothing final is published",
  ),
  new Option("--only <steps>", "only these steps, comma-separated; may be repeated")
    .argParser(words)
    .default([], "all"),
  new Option(
    "--from <step or time>",
    "this step and those after it; or the start of the dashboard's window (or RITUAL_FROM): now-1h, RFC 3339, milliseconds",
  )
    .argParser(collect)
    .default([], "none"),
  new Option("--to <time>", "the end of the dashboard's window (or RITUAL_TO)"),
  new Option("--grafana-url <url>", "where Grafana is (or GRAFANA_URL)"),
  new Option("--dashboard-uid <uid>", "the dashboard (or DASHBOARD_UID)"),
  new Option("--folder <folder>", "where the release's folder is made (default: .release-sentinel/releases)"),
  new Option("--verdict <file>", "the release's signed verdict"),
  new Option(
    "--resend <channel>",
    "send to this channel again, though it may have been told already; may be repeated",
  )
    .argParser(collect)
    .default([], "none"),
  new Option("--sent <channel>", "this channel was told: you have seen it there; may be repeated")
    .argParser(collect)
    .default([], "none"),
  ...checkoutOptions(),
  ...commonOptions(),
];

export const ritualSecretsOptions = (): Option[] => [
  targetOptions()[0] as Option,
  ...checkoutOptions(),
  ...answerOptions(),
];
