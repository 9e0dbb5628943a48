import type { SentinelCheck } from "../../clients/readers.ts";
import type { Judgement } from "../../core/finding.ts";
import { count } from "../../core/text.ts";

interface Options {
  required: string[];
  /** Characters. */
  minLength: number;
  placeholders: string[];
}

type Seen = {
  secrets: {
    name: string;
    state: "ok" | "missing" | "placeholder" | "short" | "unreadable";
    trouble: string | null;
  }[];
};

/** Is every secret there, from the environment or a mounted file, and is it a real one? The values never leave `observe`. */
export const envSecrets: SentinelCheck<Options, Seen> = {
  id: "env.secrets",
  question: "Is every required secret there, and is it a real one?",
  kind: "policy",
  reach: "local",
  defaults: { required: [], minLength: 8, placeholders: [] },
  schema: (z) =>
    z.strictObject({
      required: z
        .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name"))
        .min(1)
        .describe("Names of secrets; NAME_FILE with a mounted file counts as NAME."),
      minLength: z.int().min(1).optional().describe("Characters a secret must have at least."),
      placeholders: z
        .array(z.string())
        .optional()
        .describe("Further values that are no secrets, besides changeme, todo, xxx and the like."),
    }),
  secrets: (options) => options.required,
  async observe({ readers, options }) {
    const secrets = options.required.map((name): Seen["secrets"][number] => {
      try {
        return { name, state: state(readers.env.secret(name), options), trouble: null };
      } catch (error) {
        return {
          name,
          state: "unreadable",
          trouble: error instanceof Error ? error.message : "cannot be read",
        };
      }
    });
    return { secrets };
  },
  judge(seen, { options }) {
    const sentences = {
      missing: (name: string) => `Missing required secret: ${name}`,
      placeholder: (name: string) => `Secret ${name} is a placeholder`,
      short: (name: string) => `Secret ${name} is shorter than ${count(options.minLength, "character")}`,
      unreadable: (name: string, trouble: string | null) => `Missing required secret: ${name} (${trouble})`,
    };
    const bad = seen.secrets.flatMap(({ name, state, trouble }): Judgement[] =>
      state === "ok"
        ? []
        : [
            {
              status: "fail",
              message: sentences[state](name, trouble),
              subject: name,
              ...(state === "missing" ? { missing: [name] } : {}),
              remedy: `set ${name}, or ${name}_FILE to a mounted file`,
            },
          ],
    );
    return bad.length > 0
      ? bad
      : { status: "ok", message: `Secrets OK: ${count(seen.secrets.length, "secret")} present` };
  },
};

const placeholder =
  /^(change[-_ ]?(me|it|this)|replace[-_ ]?(me|this)|todo|tbd|fixme|xxx+|placeholder|example|dummy|fake|test|sample|secret|password|passwd|token|none|null|nil|undefined|your[-_ ].*|my[-_ ](secret|token|password|key)|insert[-_ ].*|<.*>|\$\{.*\}|\{\{.*\}\}|\*+|\.+|-+|0+|1234567890?|12345678|admin|default|foo|bar|foobar)$/i;

function state(value: string | undefined, options: Options): Seen["secrets"][number]["state"] {
  const text = value?.trim();
  if (!text) return "missing";
  if (placeholder.test(text) || new Set(text).size === 1) return "placeholder";
  if (options.placeholders.some((known) => known.toLowerCase() === text.toLowerCase())) return "placeholder";
  return text.length < options.minLength ? "short" : "ok";
}
