import type { SentinelCheck } from "../../clients/readers.ts";
import { nearest, printable } from "../../core/text.ts";

interface Options {
  allow: string[];
}

/** Is the environment one that releases go to? */
export const envAllowed: SentinelCheck<Options, null> = {
  id: "env.allowed",
  question: "Is this an environment that we release to?",
  kind: "policy",
  reach: "local",
  defaults: { allow: ["dev", "stage", "prod"] },
  schema: (z) =>
    z.strictObject({
      allow: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("Names of environments. Without it: those under `environments`, else dev, stage and prod."),
    }),
  observe: async () => null,
  judge(_seen, { options, target }) {
    if (options.allow.includes(target.environment)) {
      return { status: "ok", message: `Environment OK: ${printable(target.environment, 100)}` };
    }
    const meant = nearest(target.environment, options.allow);
    return {
      status: "fail",
      message: `Invalid environment: ${target.environment === "" ? "(empty)" : printable(target.environment, 100)}`,
      remedy: `${meant ? `did you mean ${meant}? ` : ""}allowed: ${options.allow.join(", ")}`,
    };
  },
};
