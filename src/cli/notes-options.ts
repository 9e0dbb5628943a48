import { InvalidArgumentError, Option } from "commander";
import { type NotesFormat, notesFormats } from "../release/notes/formats.ts";
import { type CheckoutOptions, checkoutOptions } from "./checkout-options.ts";
import { type CommonOptions, collect, commonOptions, positive } from "./options.ts";

/** Of the common options, those that are not about the gate's report. */
type PlainOptions = Omit<CommonOptions, "format" | "report"> & CheckoutOptions;

export interface NotesOptions extends PlainOptions {
  readonly version?: string;
  readonly number?: number;
  readonly from?: string;
  readonly to: string;
  readonly style: "grouped" | "plain";
  readonly path: readonly string[];
  readonly remote: string;
  readonly output?: string;
  /** True: CHANGELOG.md. */
  readonly changelog?: string | true;
  readonly format?: NotesFormat;
}

export interface NextOptions extends PlainOptions {
  readonly to: string;
  readonly path: readonly string[];
  readonly prefix?: string;
  readonly pre?: string;
  readonly remote: string;
}

const plainOptions = (): Option[] => [
  ...checkoutOptions(),
  ...commonOptions().filter(({ long }) => long !== "--format" && long !== "--report"),
];

function identifier(text: string): string {
  if (!/^(?!0\d+$)[0-9A-Za-z-]{1,50}$/.test(text))
    throw new InvalidArgumentError("Use letters, digits and hyphens: rc, beta.");
  return text;
}

const rangeOptions = (): Option[] => [
  new Option("--to <ref>", "the commit that is released").default("HEAD"),
  new Option("--path <pathspec>", "only what touches these files, as git names them; may be repeated")
    .argParser(collect)
    .default([], "all"),
  new Option(
    "--remote <name>",
    "the remote that links are made for, and that is asked where tags are missing",
  ).default("origin"),
];

export const notesOptions = (): Option[] => [
  new Option("--version <version>", "version that the notes are of (or VERSION; default: the tag at --to)"),
  new Option("-n, --number <count>", "no more than the newest commits").argParser(positive),
  new Option("--from <ref>", "where the notes begin (default: the release before)"),
  ...rangeOptions(),
  new Option("--style <style>", "by what changed, or a line for each commit")
    .choices(["grouped", "plain"])
    .default("grouped"),
  new Option("-o, --output <file>", "write to a file, with branch and commit at its head; - is stdout"),
  new Option(
    "--changelog [file]",
    "put the version's section into the changelog, once (default: CHANGELOG.md)",
  ),
  new Option("--format <format>", "of what is written (default: markdown)").choices(notesFormats),
  ...plainOptions(),
];

export const nextOptions = (): Option[] => [
  ...rangeOptions(),
  new Option("--prefix <prefix>", "what the tags begin with: pkg@, pkg/v (default: v, or nothing)"),
  new Option("--pre <identifier>", "the next pre-release: rc makes v1.5.0-rc.1").argParser(identifier),
  ...plainOptions(),
];
