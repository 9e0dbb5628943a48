import type { ZodType } from "zod";
import type { HttpWriter, Readers } from "../clients/readers.ts";
import type { Zod } from "../core/check.ts";
import type { Observed, Proof } from "../core/step.ts";
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

/** A definition with its options as a step of the ritual. */
export function ownStep(
  definition: AnyStepDefinition,
  { name = definition.name, options }: { readonly name?: string | undefined; readonly options: object },
  tools: StepTools,
): RitualStep {
  const { readers } = tools;
  const own = (context: RitualContext) => ({ ...context, ...tools, options });
  return {
    name,
    title: definition.title,
    skip: () => definition.skip?.({ options, readers }) ?? null,
    observe: async (context, signal) => definition.observe(own(context), signal),
    prove: async (context, signal) => (await definition.prove?.(own(context), signal)) ?? [],
    preview: async (context, signal) => (await definition.preview?.(own(context), signal)) ?? [],
    run: async (context, signal) => definition.run(own(context), signal),
  };
}
