import type { ZodType } from "zod";
import type { Zod } from "../core/check.ts";

/** The configuration's `ledger:`. */
export interface LedgerSettings {
  /** Environments that nothing is released to unless it can be recorded. */
  readonly required?: readonly string[];
}

export const defaultRequired: readonly string[] = ["prod"];

export function ledgerSchema(z: Zod): ZodType {
  return z.strictObject({
    required: z
      .array(z.string().min(1))
      .optional()
      .describe(
        "Environments that nothing is released to unless it can be recorded in the ledger. Default: prod. RS_LEDGER=off is no failure.",
      ),
  });
}
