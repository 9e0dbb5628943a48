import type { EnvReader, SentinelCheck } from "../../clients/readers.ts";
import type { Judgement } from "../../core/finding.ts";
import type { Target } from "../../core/target.ts";
import { count, isRegex, printable, shellWord, showUrl } from "../../core/text.ts";

/** A name; several names of which one is enough; or a name whose value must match. */
type Required = string | string[] | { name: string; pattern?: string };

interface Options {
  required: Required[];
  /** Label → variable whose value may be shown. */
  show: Record<string, string>;
}

type Seen = {
  wanted: { names: string[]; present: boolean; matches: boolean; trouble: string | null }[];
  shown: Record<string, string>;
};

/** Is every required variable there? Set but empty is missing; NAME_FILE with a readable file counts as NAME. */
export const envVariables: SentinelCheck<Options, Seen> = {
  id: "env.variables",
  question: "Is every required environment variable set?",
  kind: "policy",
  reach: "local",
  defaults: { required: [], show: {} },
  schema: (z) => {
    const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name");
    const pattern = z.string().refine(isRegex, "is not a regular expression").optional();
    return z.strictObject({
      required: z
        .array(z.union([name, z.array(name).min(1), z.strictObject({ name, pattern })]))
        .min(1)
        .describe(
          "Variables that must be set: a name, a list of names of which one is enough, or { name, pattern }.",
        ),
      show: z
        .record(z.string(), name)
        .optional()
        .describe("Variables whose values are shown: label → name. Never name a secret here."),
    });
  },
  async observe({ readers, options, target }) {
    const shown: Record<string, string> = {};
    for (const [label, name] of Object.entries(options.show))
      shown[label] = showUrl(readers.env.get(name) ?? "");
    return { wanted: options.required.map((required) => look(required, readers.env, target)), shown };
  },
  judge(seen, { options }) {
    const judgements: Judgement[] = [];
    for (const [i, want] of seen.wanted.entries()) {
      const names = want.names.join(" or ");
      if (!want.present) {
        judgements.push({
          status: "fail",
          message: `Missing required env var: ${names}${want.trouble ? ` (${want.trouble})` : ""}`,
          subject: want.names[0] ?? "",
          ...(want.trouble === null ? { missing: want.names } : {}),
          remedy: `export ${shellWord(want.names[0] ?? "")}=…`,
        });
      } else if (!want.matches) {
        const pattern = patternOf(options.required[i]) ?? "";
        judgements.push({
          status: "fail",
          message: `Env var ${names} does not match ${printable(pattern, 200)}`,
          subject: want.names[0] ?? "",
          remedy: `correct the value of ${names}`,
        });
      }
    }
    if (judgements.length > 0) return judgements;
    const shown = Object.entries(seen.shown).map(([label, value]) => `${label}=${value}`);
    if (shown.length > 0) return { status: "ok", message: `Config OK: ${shown.join(", ")}` };
    return {
      status: "ok",
      message: `Environment variables OK: ${count(seen.wanted.length, "variable")} set`,
    };
  },
};

function look(required: Required, env: EnvReader, target: Target): Seen["wanted"][number] {
  const names =
    typeof required === "string" ? [required] : Array.isArray(required) ? required : [required.name];
  const pattern = patternOf(required);
  let trouble: string | null = null;
  for (const name of names) {
    try {
      const value = flagValue(name, target) ?? fromEnv(name, env);
      if (value === undefined || value.trim() === "") continue;
      return {
        names,
        present: true,
        matches: pattern === undefined || new RegExp(pattern, "u").test(value),
        trouble: null,
      };
    } catch (error) {
      trouble = error instanceof Error ? error.message : "cannot be read";
    }
  }
  return { names, present: false, matches: false, trouble };
}

/** `--env` and `--version` stand for ENV and VERSION. */
function flagValue(name: string, target: Target): string | undefined {
  if (name === "ENV") return target.environment || undefined;
  if (name === "VERSION") return target.version || undefined;
  return undefined;
}

function fromEnv(name: string, env: EnvReader): string | undefined {
  return env.get(name) ?? (env.get(`${name}_FILE`) ? env.secret(name) : undefined);
}

function patternOf(required: Required | undefined): string | undefined {
  return typeof required === "object" && !Array.isArray(required) ? required.pattern : undefined;
}
