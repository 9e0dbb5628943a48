import type { ZodType } from "zod";
import type { Zod } from "../core/check.ts";

/** The configuration's `release:`, as people write it. Every part may be missing. */
export interface ReleaseSettings {
  readonly remote?: string;
  readonly sign?: "auto" | "gpg" | "ssh" | "never";
  /** Globs from the work tree's top. */
  readonly assets?: readonly string[];
  readonly notes?: { readonly style?: "grouped" | "plain"; readonly paths?: readonly string[] };
  readonly hooks?: Readonly<Partial<Record<HookPlace, readonly HookSettings[]>>>;
}

export const hookPlaces = ["beforeTag", "beforePublish", "afterPublish"] as const;
export type HookPlace = (typeof hookPlaces)[number];

/** A program of the project's own that runs between two steps. */
export interface HookSettings {
  /** Program and arguments; no shell. */
  readonly run: readonly [string, ...string[]];
  /** Asked first: ends with 0 when the work is already done. */
  readonly unless?: readonly [string, ...string[]];
  /** Default: 5 min. */
  readonly timeout?: string | number;
  /** Names of variables of ours that it gets besides the few that every program gets. */
  readonly env?: readonly string[];
}

/** The shape of `release:`. Durations are checked by `isDuration`, which configuration owns. */
export function releaseSchema(z: Zod, isDuration: (value: string | number) => boolean): ZodType {
  const argv = z.array(z.string()).min(1);
  const strings = z.array(z.string().min(1));
  const hook = {
    run: argv.describe("Program and arguments; no shell."),
    timeout: z
      .union([z.string(), z.number()])
      .refine(isDuration, "is not a duration (30s, 5min)")
      .optional()
      .describe("Time limit: 30s, 5min, or seconds. Default: 5min."),
    env: strings
      .optional()
      .describe(
        "Variables that it gets besides PATH, HOME and the like, and RS_VERSION, RS_COMMIT, RS_ENVIRONMENT.",
      ),
  };
  const before = z.strictObject({
    ...hook,
    unless: argv.optional().describe("Asked first: it ends with 0 when there is nothing left to do."),
  });
  const after = z.strictObject({
    ...hook,
    unless: argv.describe(
      "Asked first: it ends with 0 when there is nothing left to do. A release that is run again needs to know.",
    ),
  });
  return z.strictObject({
    remote: z.string().min(1).optional().describe("The remote that is released to. Default: origin."),
    sign: z
      .enum(["auto", "gpg", "ssh", "never"])
      .optional()
      .describe("Sign the tag: auto (the default) as git's own settings say, gpg, ssh, or never."),
    assets: strings
      .optional()
      .describe(
        "Files of the GitHub release: paths or globs from the top of the work tree, such as dist/*.tgz.",
      ),
    notes: z
      .strictObject({
        style: z
          .enum(["grouped", "plain"])
          .optional()
          .describe("Grouped by kind (the default), or one plain list."),
        paths: strings
          .optional()
          .describe("Only commits that touch these paths, for one of several packages."),
      })
      .optional(),
    hooks: z
      .strictObject({
        beforeTag: z.array(before).optional().describe("Run before the tag is made, while there is none."),
        beforePublish: z
          .array(before)
          .optional()
          .describe("Run between tag and GitHub release, while that is not published: to build assets."),
        afterPublish: z.array(after).optional().describe("Run when everything else is done."),
      })
      .optional()
      .describe("Programs of the project's own between the steps."),
  });
}
