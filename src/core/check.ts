import type * as zod from "zod";
import type { ZodType } from "zod";
import type { Judgement, Kind } from "./finding.ts";
import type { Json } from "./json.ts";
import type { Target } from "./target.ts";

export type Zod = typeof zod;

/** What a check is given to look at the world with. It holds Readers only: a check cannot change anything. */
export interface ObserveContext<Options, Readers> {
  readonly readers: Readers;
  /** With `${NAME}` already replaced from the environment. */
  readonly options: Options;
  readonly target: Target;
  /** Aborts at the check's own time limit, at the deadline, and when the run is cancelled. */
  readonly signal: AbortSignal;
  /** What the checks named in `needs` saw, by name. */
  readonly needs: Readonly<Record<string, Json>>;
}

/** What a judge may use besides the observation. No clock, no environment: the same data gives the same answer. */
export interface JudgeContext<Options> {
  readonly options: Options;
  readonly target: Target;
}

/**
 * One question about the world. `observe` is the only place with I/O; `judge` is pure.
 * `schema` receives zod instead of importing it, so that a run without a configuration file never loads it.
 */
export interface Check<Options extends object, Observation extends Json, Readers> {
  /** `subject.name`, lower case; what a configuration calls it. */
  readonly id: string;
  readonly question: string;
  readonly kind: Kind;
  /** `local` answers without a network, in milliseconds, and goes first when it is a policy check. */
  readonly reach: "local" | "network";
  /** Every option's value when the configuration names none. */
  readonly defaults: Options;
  /** The shape of what a configuration may set: a strict object whose keys are all optional unless there is no default. */
  schema(z: Zod): ZodType;
  /** Values that each are allowed and do not go together; asked with the defaults filled in, while the configuration is read. */
  contradiction?(options: Options): Contradiction | undefined;
  /** Requests to one host share its connection limit and its breaker: `host:port`. */
  host?(options: Options): string | undefined;
  /** Names of environment variables whose values are secrets because of how these options use them. */
  secrets?(options: Options): readonly string[];
  /** Checks that make this one pointless when they are in the plan and fail: it is skipped then. */
  readonly prerequisites?: readonly string[];
  /** The same question asked elsewhere: this check comes along, with the same entry, unless the configuration names it. */
  readonly companion?: string;
  /** Options that are paths: meant from the folder of the policy's file, and taken from where the policy comes from. */
  readonly paths?: readonly string[];
  /** Limits when the configuration names none. */
  readonly limits?: Partial<Limits>;
  observe(context: ObserveContext<Options, Readers>): Promise<Observation>;
  judge(observation: Observation, context: JudgeContext<Options>): Judgement | readonly Judgement[];
}

/** Why options do not go together. */
export interface Contradiction {
  /** The one to point at. */
  readonly option: string;
  readonly message: string;
  readonly remedy: string;
}

/** How long and how often a check may try. */
export interface Limits {
  /** Milliseconds for one attempt. */
  readonly timeoutMs: number;
  /** Attempts in all, 1 = no retry. */
  readonly attempts: number;
  /** Milliseconds before the second attempt, the third …; the last one repeats. */
  readonly backoffMs: readonly number[];
}

export const defaultLimits: Limits = { timeoutMs: 30_000, attempts: 1, backoffMs: [1000, 2000] };

/**
 * Thrown by `observe` when another attempt may help. If there is none left, `observation` is judged as it is.
 */
export class TryAgain extends Error {
  override readonly name = "TryAgain";
  readonly observation: Json;
  /** What the other side asked for, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether the other side gave no answer at all: such failures count for the host's breaker. */
  readonly noAnswer: boolean;
  constructor(observation: Json, options: { retryAfterMs?: number | undefined; noAnswer?: boolean } = {}) {
    super("try again");
    this.observation = observation;
    this.retryAfterMs = options.retryAfterMs;
    this.noAnswer = options.noAnswer ?? false;
  }
}

/** A plugin brings a copy of this class of its own, so it is known by its name and not by its identity. */
export function isTryAgain(error: unknown): error is TryAgain {
  return error instanceof Error && error.name === "TryAgain" && "observation" in error;
}

/** Why a signal was aborted: `signal.reason` is always one of these. The first cause wins. */
export class Aborted extends Error {
  override readonly name = "Aborted";
  override readonly cause: "time-limit" | "deadline" | "interrupt" | "not-needed";
  /** Of an interrupt: the signal that the process was sent. */
  readonly signalName: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
  constructor(cause: Aborted["cause"], message: string, signalName?: Aborted["signalName"]) {
    super(message);
    this.cause = cause;
    this.signalName = signalName;
  }
}
