import type { ZodType } from "zod";
import type { Zod } from "../../core/check.ts";

/** The configuration's `ritual.changelog:`. */
export interface ChangelogSettings {
  /** Paths of which a reader should hear, beside the classes that are built in. */
  readonly risky?: readonly RiskySettings[];
  /** Default: `auto`: where there is a token. */
  readonly github?: "auto" | "never";
}

export interface RiskySettings {
  readonly label: string;
  /** Globs from the work tree's top; `*` stops at a slash. */
  readonly paths: readonly string[];
}

export function changelogSchema(z: Zod): ZodType {
  const risky = z.strictObject({
    label: z.string().min(1).max(100).describe("What they are called in the changelog."),
    paths: z
      .array(z.string().min(1))
      .min(1)
      .describe("Globs from the top of the work tree; `*` stops at a slash, `**` does not."),
  });
  return z
    .strictObject({
      risky: z
        .array(risky)
        .optional()
        .describe("Paths of which a reader should hear, beside migrations, CI, lockfiles and the like."),
      github: z
        .enum(["auto", "never"])
        .optional()
        .describe(
          "Whether pull requests and issues are read on GitHub. Default: auto, where there is a token.",
        ),
    })
    .describe("What the changelog puts on top.");
}
