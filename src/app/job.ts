import type { FileReader } from "../clients/files.ts";
import type { ConfigFile } from "../config/file.ts";
import type { LoadedStep } from "../config/own-steps.ts";
import type { Emit } from "../core/event.ts";
import type { Secrets } from "../core/mask.ts";
import type { Purpose } from "../core/target.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Book } from "./book.ts";
import type { Clients } from "./clients.ts";
import type { GateRequest } from "./request.ts";

/** What a command that changes the world is asked, as far as its gate and its configuration are concerned. */
export interface JobRequest extends Omit<GateRequest, "only" | "skip" | "at" | "failFast" | "purpose"> {
  /** The command's name in the ledger: `release`, `apply`. */
  readonly command: string;
  /** A dry run leaves no verdict in the ledger. */
  readonly dryRun?: boolean | undefined;
  /** Milliseconds that its gate may take, where somebody has said how long; never more than the whole. Default: 60 s. */
  readonly gateTimeoutMs?: number | undefined;
}

/** What happens around the gate: it is shown, and its reports are written. */
export type AroundGate = (ask: () => Promise<Verdict>) => Promise<Verdict>;

/** What such a command works with: everything in here is its own, and gone when it ends. */
export interface Job {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clients: Clients;
  readonly secrets: Secrets;
  readonly emit: Emit;
  /** Ends with the time limit, or when the process is interrupted. */
  readonly signal: AbortSignal;
  /** `monotonicMs()` when the time is up. */
  readonly deadlineAt: number;
  readonly book: Book;
  /** It remembers what it has hashed. */
  readonly files: FileReader;
  /** Asks the gate and records its verdict; the configuration is the one that it was given by. @throws SentinelError */
  gate(purpose: Purpose, around?: AroundGate): Promise<{ verdict: Verdict; config: ConfigFile }>;
  /** The configuration without the gate; the environment, where one is named, is one of its own. @throws SentinelError */
  config(): Promise<ConfigFile>;
  /** The project's own steps of a ritual. @throws SentinelError */
  ownSteps(environment: string | null): Promise<readonly LoadedStep[]>;
}
