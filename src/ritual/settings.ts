import type { ZodType } from "zod";
import type { Zod } from "../core/check.ts";

/** The configuration's `ritual:`, as far as it is about the ritual as a whole; every step has a key of its own besides. */
export interface RitualSettings {
  /** Where releases' folders are; relative to the work tree's top. */
  readonly folder?: string;
  /** Where is kept what was sent and what is done: on the remote, or on this machine only. */
  readonly marks?: "remote" | "local";
  readonly steps?: readonly OwnStepSettings[];
  readonly [part: string]: unknown;
}

/** A step of the project's own. */
export interface OwnStepSettings {
  /** `./file.ts`, or `npm:package#export`. */
  readonly uses: string;
  /** Default: the step's own name. */
  readonly name?: string;
  readonly before?: string;
  readonly after?: string;
  /** Of one call. Default: 5 min. */
  readonly timeout?: string | number;
  readonly options?: Readonly<Record<string, unknown>>;
}

type Piece = (z: Zod, isDuration: (value: string | number) => boolean) => ZodType;

/** What names a step: a lower-case word, or several with dashes. */
export const stepName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** The shape of `ritual:`, with the pieces that belong to the steps, by their keys. */
export function ritualSchema(pieces: Readonly<Record<string, Piece>>): Piece {
  return (z, isDuration) =>
    z.strictObject({
      folder: z
        .string()
        .min(1)
        .optional()
        .describe(
          "Where each release's folder is made; relative to the top of the work tree. Default: .release-sentinel/releases.",
        ),
      marks: z
        .enum(["remote", "local"])
        .optional()
        .describe(
          "Where it is kept what was sent: a ref on the remote (the default), or this machine only, of which no other knows.",
        ),
      ...Object.fromEntries(
        Object.entries(pieces).map(([key, piece]) => [key, piece(z, isDuration).optional()]),
      ),
      steps: z.array(ownStep(z, isDuration)).optional().describe("Steps of the project's own."),
    });
}

function ownStep(z: Zod, isDuration: (value: string | number) => boolean): ZodType {
  const name = z.string().regex(stepName, "is not a step's name (lower-case words with dashes)");
  return z
    .strictObject({
      uses: z
        .string()
        .min(1)
        .describe("./file.ts, or npm:package#export: it exports what defineStep answers."),
      name: name.optional().describe("What --only and --from call it. Default: the step's own name."),
      before: name.optional().describe("The step that it comes before. Default: archive."),
      after: name.optional().describe("The step that it comes after."),
      timeout: z
        .union([z.string(), z.number()])
        .refine(isDuration, "is not a duration (30s, 5min)")
        .optional()
        .describe("Time limit of each call of it: 30s, 5min, or seconds. Default: 5min."),
      options: z.record(z.string(), z.unknown()).optional().describe("What the step is told."),
    })
    .refine(
      ({ before, after }) => before === undefined || after === undefined,
      "before and after do not go together: name one place",
    );
}
