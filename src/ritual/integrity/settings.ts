import type { ZodType } from "zod";
import type { Zod } from "../../core/check.ts";
import { parseSpan } from "../../core/days.ts";

/** `ritual.branches`: names and globs. */
export function branchesSchema(z: Zod): ZodType {
  return z
    .array(z.string().min(1))
    .min(1)
    .describe(
      "Branches of the remote that releases are made from; globs, `*` stops at a slash. Default: main, master, release/*.",
    );
}

/** `ritual.release`: how the release on GitHub counts. */
export function releasePolicySchema(z: Zod): ZodType {
  return z
    .enum(["auto", "require", "warn", "never"])
    .describe(
      "How the GitHub Release counts: auto (the default) looks at it where there is a token, require demands that, warn never stops for it, never does not look.",
    );
}

/** `ritual.verdict`: whether a signed verdict is demanded. */
export function verdictSchema(z: Zod): ZodType {
  return z
    .strictObject({
      signed: z.boolean().optional().describe("Whether there must be a signed verdict: --verdict FILE."),
      key: z.string().min(1).optional().describe("The file of the public key that must have signed it."),
      maxAge: z
        .string()
        .refine((text) => parseSpan(text) !== undefined, "is not a span of time (12h, 30d)")
        .optional()
        .describe("How old it may be: 12h, 30d. Default: 30d."),
    })
    .describe("The signed verdict of the gate.");
}
