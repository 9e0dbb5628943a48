import { InvalidArgumentError, Option } from "commander";
import { type SourceName, sourceNames } from "../watch/settings.ts";
import { spanMs } from "../watch/span.ts";
import { type CheckoutOptions, checkoutOptions } from "./checkout-options.ts";
import { ledgerOption } from "./ledger-options.ts";
import { type AnswerOptions, answerOptions, configRefOption, targetOptions } from "./options.ts";

export const watchReports = ["html", "json", "text"] as const;

export interface WatchReport {
  readonly format: (typeof watchReports)[number];
  readonly path: string;
}

/** Options of `watch`. */
export interface WatchOptions extends AnswerOptions, CheckoutOptions {
  readonly report: readonly WatchReport[];
  readonly env?: string;
  readonly version?: string;
  readonly configRef?: string;
  /** Milliseconds. */
  readonly for?: number;
  readonly every?: number;
  readonly since?: string;
  readonly source?: SourceName;
  readonly prometheusUrl?: string;
  readonly serviceUrl?: string;
  readonly state?: string;
  readonly fresh?: boolean;
}

/** Options of `watch explain`. */
export interface ExplainOptions extends AnswerOptions {
  readonly env?: string;
  readonly version?: string;
  readonly last?: boolean;
  readonly seq?: number;
  readonly ledger?: string;
}

/** Options of `watch backtest`. */
export interface BacktestOptions extends AnswerOptions {
  readonly env?: string;
  readonly policy?: string;
  readonly from?: string;
  readonly since?: string;
  readonly ledger?: string;
}

function span(text: string): number {
  const ms = spanMs(text);
  if (ms === undefined) throw new InvalidArgumentError("Use a duration: 90s, 10m, 1h.");
  return ms;
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("Use a number from 1.");
  return Number(text);
}

function report(text: string, before: readonly WatchReport[]): readonly WatchReport[] {
  const [format = "", ...rest] = text.split("=");
  const path = rest.join("=");
  const known = watchReports.find((one) => one === format);
  if (!known || path === "")
    throw new InvalidArgumentError(`Use FORMAT=FILE with one of: ${watchReports.join(", ")}.`);
  if (path === "-") throw new InvalidArgumentError("Standard output is for --format: name a file.");
  return [...before, { format: known, path }];
}

export const watchOptions = (): Option[] => [
  ...targetOptions(),
  new Option("--for <duration>", "how long is watched (default: 10 min, or watch.for)").argParser(span),
  new Option("--every <duration>", "how often is looked (default: 1 min)").argParser(span),
  new Option(
    "--since <when>",
    "when it was deployed: 10m, 2026-12-24T18:00 (default: now); what is past is judged at once",
  ),
  new Option(
    "--source <source>",
    "where numbers come from (default: prometheus with PROMETHEUS_URL, else prober with SERVICE_URL)",
  ).choices(sourceNames),
  new Option("--prometheus-url <url>", "the Prometheus to ask (or PROMETHEUS_URL)"),
  new Option("--service-url <url>", "the URL that is probed where there is no Prometheus (or SERVICE_URL)"),
  new Option("--state <file>", "keep the watch here, to be gone on with (default: in the git folder)"),
  new Option("--fresh", "begin anew, whatever an earlier watch of this version has found"),
  configRefOption(),
  ...checkoutOptions(),
  new Option("--report <format=file>", "write a report to a file: html, json or text; may be repeated")
    .argParser(report)
    .default([], "none"),
  ...answerOptions(),
];

export const explainOptions = (): Option[] => [
  new Option("--env <name>", "only decisions about this environment"),
  new Option("--version <version>", "only decisions about this version"),
  new Option("--last", "the newest decision (the default)"),
  new Option("--seq <n>", "this entry of the ledger").argParser(whole),
  ledgerOption(),
  ...checkoutOptions(),
  ...answerOptions(),
];

export const backtestOptions = (): Option[] => [
  new Option("--policy <file>", "the configuration to judge by (default: the one that watch would use)"),
  new Option("--from <where>", "a folder of recorded stretches, ledger, or prometheus (default: ledger)"),
  new Option("--env <name>", "the environment (or ENV)"),
  new Option("--since <when>", "only deploys from then on: 90d, 2026-11-01 (default: 30d)"),
  ledgerOption(),
  ...checkoutOptions(),
  ...answerOptions(),
];
