import type { Purpose } from "../core/target.ts";

/** What to judge, and how. Everything but the environment has a default. */
export interface GateRequest {
  readonly environment?: string | undefined;
  readonly version?: string | undefined;
  /** Default: `pull-request` when CI says it is one, else `release`. */
  readonly purpose?: Purpose | undefined;
  /** The moment asked about, RFC 3339; default: now. */
  readonly at?: string | undefined;
  /** Configuration file; default: RS_CONFIG, else looked for. */
  readonly config?: string | undefined;
  /** Take the policy from this ref; default: the base of a pull request, else the work tree. */
  readonly configRef?: string | undefined;
  /** Milliseconds for the whole run; default 60,000. */
  readonly timeoutMs?: number | undefined;
  readonly all?: boolean | undefined;
  readonly failFast?: boolean | undefined;
  /** Names or globs of checks. */
  readonly only?: readonly string[] | undefined;
  readonly skip?: readonly string[] | undefined;
  /** The reason for opening what the policy lets break-glass open. */
  readonly breakGlass?: string | undefined;
}

/** What `preflight` asks about besides the policy's health checks. */
export interface PreflightRequest extends GateRequest {
  readonly urls?: readonly string[];
  readonly processes?: readonly string[];
  readonly tools?: readonly string[];
}
