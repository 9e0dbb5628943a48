import type { Json } from "./json.ts";

/** `policy`: a rule of ours, its failure is BLOCKED. `health`: a state of the world, its failure is CRITICAL. */
export type Kind = "policy" | "health";

/** What a judge can say. `unknown` is never success; `notice` is worth reading and changes nothing. */
export type JudgedStatus = "ok" | "notice" | "warn" | "fail" | "unknown" | "skipped";
export type Status = JudgedStatus | "waived";

/** A number seen on the way, in the sense of Nagios' performance data. */
export interface Metric {
  readonly name: string;
  readonly value: number;
  /** `s`, `B`, `%` or `c` (a counter); empty for a plain number. */
  readonly unit: string;
}

/** One answer of one check, before the policy has had its say. */
export interface Judgement {
  readonly status: JudgedStatus;
  /** Stable and greppable: docs/checks.md lists the sentences. */
  readonly message: string;
  /** What it is about, where one check answers about several things: a path, a variable, a file. */
  readonly subject?: string;
  /** What a reader wants to see next: the first dirty paths, where a tag was seen. */
  readonly details?: readonly string[];
  /** The next thing to do, best as a command to type. */
  readonly remedy?: string;
  /** Variables without a value that this answer comes from; of several names any one would have done. */
  readonly missing?: readonly string[];
  /** Overrides the check's own kind, for the few answers that are of the other sort. */
  readonly kind?: Kind;
  readonly location?: { readonly file: string; readonly line?: number; readonly column?: number };
  readonly metrics?: readonly Metric[];
}

/** Somebody's decision to let a finding pass until a date. */
export interface WaiverNote {
  readonly owner: string;
  readonly reason: string;
  readonly ticket?: string;
  /** RFC 3339 date or time; the waiver holds up to and including it. */
  readonly until: string;
}

/** A check that is being tried out: what it would have done, and who wanted to know. */
export interface ShadowNote {
  readonly status: JudgedStatus;
  readonly owner?: string;
  readonly reason?: string;
  readonly until?: string;
}

/** A judgement with its circumstances, after the policy has had its say. */
export interface Finding extends Omit<Judgement, "status"> {
  /** The check's name in the configuration, for example `git.clean` or `payments-api`. */
  readonly check: string;
  readonly kind: Kind;
  /** After waivers, shadow mode and break-glass. */
  readonly status: Status;
  readonly durationMs: number;
  readonly attempts: number;
  /** What was seen, without secrets; on the first finding of a check only. */
  readonly observation: Json;
  /** The check of the catalogue that the entry uses; on the first finding of a check only. */
  readonly uses?: string;
  /** What the check was told, as the policy has it (`${NAME}` not replaced); on the first finding of a check only. */
  readonly options?: { readonly [key: string]: Json | undefined };
  readonly waiver?: WaiverNote;
  readonly shadow?: ShadowNote;
  readonly breakGlass?: { readonly reason: string };
}
