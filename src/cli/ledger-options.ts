import { Option } from "commander";
import { type AnswerOptions, collect, positive } from "./options.ts";

export interface LedgerOptions extends AnswerOptions {
  /** The ledger's file; else RS_LEDGER, else the work tree's. */
  readonly ledger?: string;
}

export interface ShowOptions extends LedgerOptions {
  readonly since?: string;
  readonly until?: string;
  readonly env?: string;
  readonly version?: string;
  readonly actor?: string;
  readonly verdict?: string;
  readonly kind?: string;
  readonly last?: number;
}

export interface VerifyOptions extends LedgerOptions {
  readonly key: readonly string[];
  readonly anchor: readonly string[];
  readonly bundle?: string;
  readonly allowUnsigned?: boolean;
}

export interface ExportOptions extends LedgerOptions {
  readonly version?: string;
  readonly output?: string;
  readonly attach: readonly string[];
  readonly attestation: readonly string[];
  readonly key?: string;
}

export const ledgerOption = (): Option =>
  new Option("--ledger <file>", "the audit ledger (default: RS_LEDGER, else the work tree's)");

export const showOptions = (): Option[] => [
  ledgerOption(),
  new Option("--since <when>", "only entries from then on: 90d, 12h, 2026-11-01"),
  new Option("--until <when>", "only entries up to then"),
  new Option("--env <name>", "only entries about this environment"),
  new Option("--version <version>", "only entries about this version"),
  new Option("--actor <name>", "only what this person or account did: the whole name, or the address"),
  new Option("--verdict <word>", "only this answer of the gate").choices(["SAFE", "BLOCKED", "CRITICAL"]),
  new Option("--kind <kind>", "only this kind: verdict, release, apply, …"),
  new Option("--last <n>", "the newest so many (default: 20, or all where something is asked for)").argParser(
    positive,
  ),
];

export const verifyLedgerOptions = (): Option[] => [
  ledgerOption(),
  new Option("--key <file>", "public key of those who keep the ledger; may be repeated")
    .argParser(collect)
    .default([], "none"),
  new Option("--anchor <hash>", "the chain must contain sha256:HASH[@ENTRY]; may be repeated")
    .argParser(collect)
    .default([], "none"),
  new Option("--bundle <file>", "verify this evidence bundle instead: it needs no ledger, and no network"),
  new Option("--allow-unsigned", "accept entries after the last signed checkpoint"),
];

export const exportOptions = (): Option[] => [
  ledgerOption(),
  new Option("--version <version>", "the release (or VERSION)"),
  new Option("-o, --output <file>", "file or folder to write to (default: standard output)"),
  new Option("--attach <file>", "name this file and its hash as belonging to the release; may be repeated")
    .argParser(collect)
    .default([], "none"),
  new Option("--attestation <file>", "enclose this signed verdict; may be repeated")
    .argParser(collect)
    .default([], "none"),
  new Option("--key <file>", "private key that vouches for what is attached (default: RS_SIGNING_KEY)"),
];
