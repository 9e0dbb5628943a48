import * as z from "zod";
import { parseJson } from "../../core/json.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";

/** What a program answers on standard output, verb by verb. Keys that we do not know are let pass: they may be a later version's. */
const text = z.string();
const proof = z.object({
  state: z.enum(["ok", "notice", "conflict", "unknown"]),
  message: text,
  remedy: text.optional(),
});

export const answers = {
  plan: z.object({
    target: text,
    changes: z
      .array(
        z.object({
          subject: text,
          action: z.enum(["create", "change", "unchanged", "remove"]),
          diff: text.default(""),
        }),
      )
      .default([]),
    images: z
      .array(
        z.object({
          subject: text,
          image: text,
          digest: text.nullable().default(null),
          isNew: z.boolean().optional(),
        }),
      )
      .default([]),
    wayBack: z.object({
      state: z.enum(["ready", "nothing", "none", "unknown"]),
      message: text,
      remedy: text.optional(),
      version: text.nullable().default(null),
    }),
    proofs: z.array(proof).default([]),
  }),
  capture: z.object({
    message: text.default("what is there has been kept"),
    kept: z.json(),
    revision: text.default(""),
  }),
  apply: z.object({ message: text.default("applied") }),
  status: z.object({
    state: z.enum(["healthy", "progressing", "paused", "failed", "other"]),
    message: text,
    why: text.optional(),
    remedy: text.optional(),
    digests: z.array(text).optional(),
  }),
  restore: z.object({ message: text.default("restored") }),
} as const;

export type ExecAnswer<V extends keyof typeof answers> = z.infer<(typeof answers)[V]>;

const refusal = z.object({ error: text, remedy: text.optional() });

/**
 * @param typed the command that shows what it prints
 * @throws StepFailure when it is no answer to this verb
 */
export function readAnswer<V extends keyof typeof answers>(
  verb: V,
  stdout: string,
  { program, typed }: { readonly program: string; readonly typed: string },
): ExecAnswer<V> {
  const read = answers[verb].safeParse(parseJson(stdout));
  if (read.success) return printableDeep(read.data) as ExecAnswer<V>;
  const [issue] = read.error.issues;
  const where = issue && issue.path.length > 0 ? `${printable(issue.path.join("."), 100)}: ` : "";
  const wrong = notOne(stdout) ?? `${where}${printable(issue?.message ?? "", 200)}`;
  throw new StepFailure(
    `${program} gave no answer to ${verb}: ${wrong}`,
    `it must print one JSON object on standard output; see what it prints: ${typed}`,
    // Before anything is touched it is an answer that is missing; later on, asking again does it all again.
    verb !== "plan",
  );
}

/** What was printed instead of an object; undefined where it is one. */
function notOne(stdout: string): string | undefined {
  const text = stdout.trim();
  if (text === "") return "it printed nothing";
  const whole = parseJson(text);
  if (typeof whole === "object" && whole !== null && !Array.isArray(whole)) return undefined;
  const begins = `it begins: ${printable(text, 60)}`;
  if (whole !== undefined) return `it printed JSON that is no object (${begins})`;
  const [first = ""] = text.split("\n");
  return parseJson(first) === undefined
    ? `it printed no JSON (${begins})`
    : `it printed more than one JSON object (${begins})`;
}

/** Why a program has refused, in its own words, if it has. */
export function readRefusal(stdout: string): { message: string; remedy?: string } | undefined {
  const read = refusal.safeParse(parseJson(stdout));
  if (!read.success) return undefined;
  const { error, remedy } = read.data;
  return {
    message: printable(error, 800),
    ...(remedy === undefined ? {} : { remedy: printable(remedy, 300) }),
  };
}

/** Lines of a diff and of a log stay lines; everything else in them is made safe to print. What the program keeps stays as it is. */
function printableDeep(value: unknown, key = ""): unknown {
  if (key === "kept") return value;
  if (typeof value === "string") {
    return value
      .split("\n")
      .map((line) => printable(line.replaceAll("\t", "  "), 2000))
      .join("\n");
  }
  if (Array.isArray(value)) return value.map((item) => printableDeep(item));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, printableDeep(item, name)]));
  }
  return value;
}
