import { InvalidArgumentError, Option } from "commander";
import { parseAge } from "../attest/age.ts";
import type { Purpose } from "../core/target.ts";
import type { ReplayFormat } from "../flows/replay/render.ts";
import { type AnswerOptions, collect, type GateOptions } from "./options.ts";

export interface KeygenOptions extends AnswerOptions {
  readonly output: string;
  readonly outPrivate?: string;
  readonly outPublic?: string;
}

export interface VerifyOptions extends AnswerOptions {
  readonly commit?: string;
  readonly env?: string;
  readonly version?: string;
  readonly for?: Purpose;
  readonly artifact: readonly string[];
  /** Milliseconds. */
  readonly maxAge: number;
  readonly key: readonly string[];
  readonly policyDigest?: string;
  readonly resource?: string;
}

export interface ReplayOptions extends Omit<AnswerOptions, "format"> {
  readonly format?: ReplayFormat;
  readonly configRef?: string;
  readonly since?: string;
  readonly shadow?: boolean;
  /** The ledger's file; else RS_LEDGER, else the work tree's. */
  readonly ledger?: string;
}

/** What `check` has besides. */
export interface EvidenceOptions extends GateOptions {
  /** Where the signed verdict is written. */
  readonly attest?: string;
  readonly artifact?: readonly string[];
  readonly key?: string;
  /** A saved verdict, judged in place of the world. */
  readonly from?: string;
}

function age(text: string): number {
  const ms = parseAge(text);
  if (ms === undefined) throw new InvalidArgumentError("Use a duration: 90s, 30m, 12h, 90d.");
  return ms;
}

function digest(text: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError("Use sha256: and 64 hex digits.");
  return text;
}

const artifactOption = (what: string): Option =>
  new Option("--artifact <file>", what).argParser(collect).default([], "none");

export const attestOptions = (): Option[] => [
  new Option("--attest <file>", "write the verdict as a signed statement (Sigstore bundle) to this file"),
  artifactOption("the signed verdict is about this file too, or about NAME@sha256:…; may be repeated"),
  new Option(
    "--key <file>",
    "private key to sign with (default: RS_SIGNING_KEY, or the file named by RS_SIGNING_KEY_FILE)",
  ),
  new Option(
    "--from <file>",
    "judge a saved JSON verdict and nothing else: the same answer, or with --config what that policy makes of it",
  ),
];

export const keygenOptions = (): Option[] => [
  new Option("-o, --output <dir>", "folder for release-sentinel.key and release-sentinel.pub").default("."),
  new Option("--out-private <file>", "where the private key is written"),
  new Option("--out-public <file>", "where the public key is written"),
];

export const verifyOptions = (): Option[] => [
  new Option(
    "--commit <commit>",
    "the commit that it must be about: its full name, or one that this clone knows",
  ),
  new Option("--env <name>", "environment that it must be about (or ENV)"),
  new Option("--version <version>", "version that it must be about (or VERSION)"),
  new Option("--for <purpose>", "what it must be for (default: release or deploy)").choices([
    "release",
    "deploy",
    "pull-request",
  ]),
  artifactOption("file that it must be about too, or NAME@sha256:…; may be repeated"),
  new Option("--max-age <duration>", "how old it may be: 90s, 30m, 12h, 90d")
    .argParser(age)
    .default(30 * 60_000, "30m"),
  new Option("--key <file>", "public key of one who may sign; may be repeated")
    .argParser(collect)
    .default([], "none"),
  new Option("--policy-digest <digest>", "only a verdict by this very policy: sha256:…").argParser(digest),
  new Option("--resource <uri>", "only a verdict about this very resource"),
];

export const replayOptions = (): Option[] => [
  new Option("--since <when>", "only runs from then on: 90d, 12h, 2026-11-01"),
  new Option("--shadow", "what the checks in shadow mode would have stopped, and what became of it"),
  new Option("--ledger <file>", "the audit ledger (default: RS_LEDGER, else the work tree's)"),
];
