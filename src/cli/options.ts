import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../config/schema.ts";
import type { Purpose } from "../core/target.ts";
import { formats } from "../gate/report/formats.ts";
import type { CheckoutOptions } from "./checkout-options.ts";
import { type LogLevel, logLevels } from "./logging.ts";

/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly logFormat: "text" | "json";
  readonly logLevel?: LogLevel;
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly format?: Format;
  readonly report: readonly ReportTarget[];
  /** Milliseconds. */
  readonly timeout?: number;
}

export const answerFormats = ["text", "json"] as const;

/** Options of the commands that judge no release: there is nothing to write a report of. */
export interface AnswerOptions extends Omit<CommonOptions, "format" | "report"> {
  readonly format?: (typeof answerFormats)[number];
}

/** Options of the commands that judge. */
export interface GateOptions extends CommonOptions {
  readonly env?: string;
  readonly version?: string;
  readonly for?: Purpose;
  readonly at?: string;
  readonly configRef?: string;
  readonly all?: boolean;
  readonly failFast?: boolean;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly breakGlass?: boolean;
  readonly reason?: string;
}

/** Options of `release`. */
export interface ReleaseOptions extends GateOptions, CheckoutOptions {
  readonly dryRun?: boolean;
  readonly tag?: boolean;
  readonly allowWarnings?: boolean;
  readonly asset: readonly string[];
  /** A saved plan's file. */
  readonly plan?: string;
  /** Where the plan is saved. */
  readonly output?: string;
}

export type Format = (typeof formats)[number];

export interface ReportTarget {
  readonly format: Format;
  readonly path: string;
}

export function milliseconds(text: string): number {
  const ms = parseDuration(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  if (ms === undefined) throw new InvalidArgumentError("Use seconds (90), or a duration: 90s, 5min.");
  return ms;
}

function reportTarget(text: string, before: readonly ReportTarget[]): readonly ReportTarget[] {
  const [format = "", ...rest] = text.split("=");
  const path = rest.join("=");
  if (!isFormat(format) || path === "")
    throw new InvalidArgumentError(`Use FORMAT=FILE with one of: ${formats.join(", ")}.`);
  if (path === "-") throw new InvalidArgumentError("Standard output is for --format: name a file.");
  return [...before, { format, path }];
}

function isFormat(text: string): text is Format {
  return (formats as readonly string[]).includes(text);
}

function list(text: string, before: readonly string[]): readonly string[] {
  return [
    ...before,
    ...text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ];
}

/** Of an option that may be repeated. */
export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Use a number from 1.");
  return Number(text);
}

export const commonOptions = (): Option[] => [
  new Option(
    "--config <file>",
    "configuration file (or RS_CONFIG; default: release-sentinel.yaml, looked for upwards)",
  ),
  new Option("--log-format <format>", "log lines on stderr").choices(["text", "json"]).default("text"),
  new Option("--log-level <level>", "least level that is logged (default: info)").choices(logLevels),
  new Option("--no-color", "no colours (also NO_COLOR)"),
  new Option("--quiet", "only errors on stderr"),
  new Option("--verbose", "log every attempt, and findings that were skipped"),
  new Option("--json", "the same as --format json"),
  new Option("--format <format>", "write the report to stdout in this format").choices(formats),
  new Option("--report <format=file>", "write a report to a file; may be repeated")
    .argParser(reportTarget)
    .default([], "none"),
  new Option(
    "--timeout <duration>",
    "limit for the whole run: seconds, or 90s, 5min (default: 60 s for check, env and preflight, else 10 min)",
  ).argParser(milliseconds),
];

/** The common options of a command that writes no report; without formats, also none of `--format`. */
export const answerOptions = (formats: readonly string[] = answerFormats): Option[] =>
  commonOptions().flatMap((option) => {
    if (option.long === "--report") return [];
    if (option.long !== "--format") return [option];
    if (formats.length === 0) return [];
    return [new Option("--format <format>", "write the answer to stdout in this format").choices(formats)];
  });

export const targetOptions = (): Option[] => [
  new Option("--env <name>", "environment that is released to (or ENV)"),
  new Option("--version <version>", "version that is released, vX.Y.Z (or VERSION)"),
];

export const configRefOption = (): Option =>
  new Option(
    "--config-ref <ref>",
    "take the policy, its plugins and programs from this ref (default in a pull request: its base)",
  );

export const resolvedOption = (): Option =>
  new Option("--resolved", "with everything it extends, and where each value comes from");

/** `--url`, `--process` and `--require` may each be given several times. */
export const preflightOptions = (): Option[] => [
  new Option("--url <url>", "this dependency answers").argParser(collect).default([], "none"),
  new Option("--process <name>", "this process runs").argParser(collect).default([], "none"),
  new Option("--require <tool>", "this program is installed").argParser(collect).default([], "none"),
];

export const gateOptions = (): Option[] => [
  configRefOption(),
  new Option("--all", "run every check, whatever fails"),
  new Option("--fail-fast", "stop at the first failure of any kind"),
  new Option("--only <checks>", "only these checks: names or globs, comma-separated; may be repeated")
    .argParser(list)
    .default([], "all"),
  new Option("--skip <checks>", "not these checks").argParser(list).default([], "none"),
];

/** Of the gate's options, those that leave nothing out: what is not asked releases nothing. */
const wholeGateOptions = (): Option[] => [
  configRefOption(),
  gateOptions()[1] as Option,
  ...breakGlassOptions(),
];

export const releaseOptions = (): Option[] => [
  ...wholeGateOptions(),
  new Option("--tag", "make and push the tag, and stop there: no forge is needed"),
  new Option("--allow-warnings", "release although the gate warns"),
  new Option(
    "--asset <glob>",
    "a file of the release, besides the configuration's, from the top of the work tree (with --repo: from here); may be repeated",
  )
    .argParser(collect)
    .default([], "none"),
];

export const applyPlanOptions = (): Option[] => [
  new Option("--dry-run", "do everything up to the first write, and show the plan"),
  new Option("--plan <file>", "do what this saved plan says, if everything is still as it was"),
];

export const outputOption = (): Option => new Option("-o, --output <file>", "where to write it; - is stdout");

export const checkOptions = (): Option[] => [
  new Option(
    "--for <purpose>",
    "what the answer is for (default: release; pull-request when CI says it is one)",
  ).choices(["release", "deploy", "pull-request"]),
  new Option(
    "--at <time>",
    "ask about another time, for example 2026-12-24T18:00 (local time unless it has an offset)",
  ),
  ...breakGlassOptions(),
];

const breakGlassOptions = (): Option[] => [
  new Option(
    "--break-glass",
    "open the checks that this environment's policy lets break-glass open; needs --reason",
  ),
  new Option("--reason <text>", "why the glass is broken"),
];
