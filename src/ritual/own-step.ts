import type { ZodType } from "zod";
import type { HttpWriter, Readers } from "../clients/readers.ts";
import type { Zod } from "../core/check.ts";
import { SentinelError } from "../core/errors.ts";
import { type Observed, type Proof, StepFailure } from "../core/step.ts";
import { duration, printable } from "../core/text.ts";
import { within } from "../core/within.ts";
import { stepName } from "./settings.ts";
import type { Payload, RitualContext, RitualStep, StepReport } from "./step.ts";

/** What a step of a project's own works with, besides what every step has. */
export interface StepTools {
  /** The environment with its secrets, git, HTTP, programs. */
  readonly readers: Readers;
  /** Sends. */
  readonly http: HttpWriter;
}

export interface OwnStepContext<Options> extends RitualContext, StepTools {
  readonly options: Options;
}

/** A step of a project's own, as `defineStep` takes it. */
export interface StepDefinition<Options extends object> {
  /** One lower-case word or several with dashes: what `--only` and `--from` call it. */
  readonly name: string;
  /** What it does, as an imperative: `Tell the status page`. */
  readonly title: string;
  /** Every option's value when the configuration names none. */
  readonly defaults?: Options;
  /** Shape of the options; without it the step takes none. Receives zod, so that a plugin need not install it. */
  schema?(z: Zod): ZodType;
  /** Names of environment variables whose values are secrets. */
  secrets?(options: Options): readonly string[];
  /** Why it has nothing to do here; null: it applies. */
  skip?(context: { readonly options: Options; readonly readers: Readers }): string | null;
  /** Where the world stands: `done`, `needed`, or why not. Reads only. */
  observe(context: OwnStepContext<Options>, signal: AbortSignal): Promise<Observed>;
  /** Whether `run` will be allowed to act. */
  prove?(context: OwnStepContext<Options>, signal: AbortSignal): Promise<readonly Proof[]>;
  /** What it would send where. Reads only. */
  preview?(context: OwnStepContext<Options>, signal: AbortSignal): Promise<readonly Payload[]>;
  /** Does what is missing. It may be called again after a crash. */
  run(context: OwnStepContext<Options>, signal: AbortSignal): Promise<StepReport>;
}

// biome-ignore lint/suspicious/noExplicitAny: options differ from step to step
export type AnyStepDefinition = StepDefinition<any>;

export function isStepDefinition(value: unknown): value is AnyStepDefinition {
  const step = value as Partial<AnyStepDefinition> | null;
  return (
    typeof step === "object" &&
    step !== null &&
    typeof step.name === "string" &&
    stepName.test(step.name) &&
    typeof step.title === "string" &&
    typeof step.observe === "function" &&
    typeof step.run === "function"
  );
}

/** Where in the release's folder is kept what comes after the archive, and so is no part of it. */
const laterFolder = "later";

/** A step that comes after the archive: what it writes is kept apart, so that the archive stays what it is. */
export function afterArchive(step: RitualStep): RitualStep {
  const apart = (context: RitualContext): RitualContext => {
    const { folder } = context;
    return {
      ...context,
      folder: {
        ...folder,
        read: (name) => folder.read(`${laterFolder}/${name}`) ?? folder.read(name),
        write: (name, content) => folder.write(`${laterFolder}/${name}`, content),
      },
    };
  };
  return {
    ...step,
    observe: (context, signal) => step.observe(apart(context), signal),
    prove: async (context, signal) => (await step.prove?.(apart(context), signal)) ?? [],
    preview: (context, signal) => step.preview(apart(context), signal),
    run: (context, signal) => step.run(apart(context), signal),
  };
}

/** What the configuration says of a step. */
export interface ToldStep {
  /** Default: the definition's. */
  readonly name?: string | undefined;
  readonly options: object;
  /** Milliseconds that one call may take. Default: 5 min. */
  readonly timeoutMs?: number | undefined;
}

/** A definition with its options as a step of the ritual. What it answers is looked at: it may be anything. */
export function ownStep(definition: AnyStepDefinition, told: ToldStep, tools: StepTools): RitualStep {
  const { name = definition.name, options, timeoutMs = callMs } = told;
  const { readers } = tools;
  const heard = <T>(what: string, signal: AbortSignal, work: (limited: AbortSignal) => T | Promise<T>) =>
    inTime(`step ${name}: its ${what}`, timeoutMs, signal, work);
  const own = (context: RitualContext) => ({ ...context, ...tools, options });
  const answer = <T>(what: string, isOne: (value: unknown) => boolean, value: unknown): T => {
    if (isOne(value)) return value as T;
    throw new StepFailure(`step ${name}: its ${what} answers something else`, remedy, true);
  };
  let unskipped: StepFailure | undefined;
  return {
    name,
    title: definition.title,
    skip() {
      try {
        const reason: unknown = definition.skip?.({ options, readers }) ?? null;
        return answer("skip (a reason, or null)", (value) => value === null || isText(value), reason);
      } catch (error) {
        // It may apply: whoever looks at it next is told.
        unskipped =
          error instanceof StepFailure
            ? error
            : new StepFailure(`step ${name}: its skip failed: ${wordsOf(error)}`, remedy, true);
        return null;
      }
    },
    async observe(context, signal) {
      if (unskipped) throw unskipped;
      const seen: unknown = await heard("observe", signal, (limited) =>
        definition.observe(own(context), limited),
      );
      return answer("observe ({state: done, needed, conflict or unknown, message})", isObserved, seen);
    },
    async prove(context, signal) {
      const proofs: unknown =
        (await heard("prove", signal, (limited) => definition.prove?.(own(context), limited))) ?? [];
      return answer("prove (a list of {state, message})", listOf(isProof), proofs);
    },
    async preview(context, signal) {
      const payloads: unknown =
        (await heard("preview", signal, (limited) => definition.preview?.(own(context), limited))) ?? [];
      return answer("preview (a list of {to, type, body})", listOf(isPayload), payloads);
    },
    async run(context, signal) {
      const report: unknown = await heard("run", signal, (limited) => definition.run(own(context), limited));
      return answer("run ({message, warnings, excerpt, links})", isReport, report);
    },
  };
}

const callMs = 5 * 60_000;
/** For a step that is told to stop to put away what it has in hand. */
const graceMs = 3000;

/**
 * Waits for a step's work until its time is over, or it is told to stop; then it is given a moment: it may not listen.
 * @throws StepFailure when its time is over, whatever it says then; the signal's reason
 */
async function inTime<T>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => T | Promise<T>,
): Promise<T> {
  let [limited, hasEnded] = [signal, false];
  const call = async (inner: AbortSignal) => {
    limited = inner;
    try {
      return await work(inner);
    } finally {
      hasEnded = true;
    }
  };
  const isLate = () => limited.aborted && !signal.aborted;
  try {
    const answer = await within(timeoutMs, signal, call, graceMs);
    if (!isLate()) return answer;
  } catch (error) {
    if (!isLate()) throw error;
  }
  const left = hasEnded ? "" : "; it did not listen to its signal either, and was left";
  throw new StepFailure(
    `${what} did not end within ${duration(timeoutMs)}${left}`,
    "give it a longer `timeout`, or see what it waits for",
  );
}

const remedy = "correct the step, or take it out";

/** Which variables a step says are its secrets. @throws SentinelError `plugin-invalid` when it cannot say */
export function secretsOfStep({
  name,
  definition,
  options,
}: {
  readonly name: string;
  readonly definition: AnyStepDefinition;
  readonly options: object;
}): readonly string[] {
  try {
    const names: unknown = definition.secrets?.(options) ?? [];
    if (listOf(isText)(names)) return names as readonly string[];
    throw new Error("it answers no list of names");
  } catch (error) {
    throw new SentinelError("plugin-invalid", `step ${name}: its secrets failed: ${wordsOf(error)}`, remedy);
  }
}

function wordsOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error), 300);
}

const isText = (value: unknown): boolean => typeof value === "string";

function listOf(isOne: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(isOne);
}

/** Whether the fields are texts, and those of the second list too where they are there. */
function hasTexts(value: unknown, needed: readonly string[], more: readonly string[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  return (
    needed.every((name) => isText(fields[name])) &&
    more.every((name) => fields[name] === undefined || isText(fields[name]))
  );
}

const isPayload = (value: unknown) => hasTexts(value, ["to", "type", "body"]);

function hasState(value: unknown, states: readonly string[]): boolean {
  return (
    hasTexts(value, ["state", "message"], ["remedy"]) && states.includes((value as { state: string }).state)
  );
}

const isObserved = (value: unknown) => hasState(value, ["done", "needed", "conflict", "unknown"]);
const isProof = (value: unknown) => hasState(value, ["ok", "notice", "conflict", "unknown"]);

function isReport(value: unknown): boolean {
  if (!hasTexts(value, ["message"], ["excerpt"])) return false;
  const { warnings = [], links = [] } = value as { warnings?: unknown; links?: unknown };
  return listOf(isText)(warnings) && listOf((link) => hasTexts(link, ["label", "url"]))(links);
}
