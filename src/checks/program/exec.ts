import { ProgramMissing, type SentinelCheck } from "../../clients/readers.ts";
import type { Judgement } from "../../core/finding.ts";
import { printable } from "../../core/text.ts";
import { parsePluginOutput } from "./perfdata.ts";

interface Options {
  command: string[];
  cwd?: string;
  /** Names of variables to pass on. */
  env?: string[];
  /** Further variables. */
  values?: Record<string, string>;
}

type Seen = {
  /** Null when it did not end by itself. */
  code: number | null;
  /** Why it has no code. */
  trouble: string | null;
  text: string;
  long: string[];
  /** Its complaints, when it was not content. */
  complaints: string[];
  metrics: { name: string; value: number; unit: string }[];
  /** Variables that were to be passed on and hold nothing. */
  lacks: string[];
};

const shownLines = 20;
const keptMetrics = 200;

/** What a monitoring plugin's exit codes mean. */
const meanings = [
  { status: "ok", word: "OK" },
  { status: "warn", word: "WARNING" },
  { status: "fail", word: "CRITICAL" },
  { status: "unknown", word: "UNKNOWN" },
] as const;

/** What does a program of the user's say, in the words of the Monitoring Plugins (Nagios)? */
export const exec: SentinelCheck<Options, Seen> = {
  id: "exec",
  question: "Is this program of ours content?",
  kind: "health",
  // It may ask anybody, so it starts when the local policy has passed.
  reach: "network",
  defaults: { command: [], cwd: "." },
  paths: ["cwd"],
  limits: { timeoutMs: 30_000, attempts: 1 },
  schema: (z) => {
    const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name");
    return z.strictObject({
      command: z
        .array(z.string())
        .min(1)
        .describe(
          "The program and its arguments, run without a shell; exit code 0 ok, 1 warning, 2 critical, 3 unknown.",
        ),
      cwd: z
        .string()
        .min(1)
        .optional()
        .describe("The folder to run it in, from the folder of this file; without it that folder."),
      env: z
        .array(name)
        .optional()
        .describe(
          "Names of variables to pass on, taken as secrets; NAME_FILE with a mounted file counts as NAME.",
        ),
      values: z
        .record(name, z.string())
        .optional()
        .describe("Further variables with their values, for what is no secret."),
    });
  },
  secrets: (options) => options.env ?? [],
  async observe({ readers, options, signal }) {
    const [program, ...args] = options.command;
    if (!program) throw new Error("no command is configured");
    const env: Record<string, string> = { ...options.values };
    const lacks: string[] = [];
    for (const name of options.env ?? []) {
      const value = readers.env.secret(name);
      if (value !== undefined) env[name] = value;
      else lacks.push(name);
    }
    const nothing = { code: null, text: "", long: [], complaints: [], metrics: [], lacks };
    try {
      const cwd = options.cwd === undefined ? {} : { cwd: options.cwd };
      const answer = await readers.programs.run({ argv: [program, ...args], env, signal, ...cwd });
      const { text, long, metrics } = parsePluginOutput(answer.stdout);
      return {
        code: answer.code,
        trouble: answer.signal === null ? null : `was ended by ${answer.signal}`,
        text: printable(text),
        long: lines(long),
        complaints: answer.code === 0 ? [] : lines(answer.stderr.split(/\r?\n/)),
        metrics: metrics
          .slice(0, keptMetrics)
          .map((metric) => ({ ...metric, name: printable(metric.name, 100) })),
        lacks,
      };
    } catch (error) {
      if (error instanceof ProgramMissing) return { ...nothing, trouble: "not found" };
      throw error;
    }
  },
  judge(seen, { options }): Judgement {
    const program = printable(options.command[0] ?? "", 200);
    const name = `exec ${program.split(/[\\/]/).at(-1)}`;
    const details = [...seen.long, ...seen.complaints].slice(0, shownLines);
    const said = {
      ...(details.length > 0 ? { details } : {}),
      ...(seen.metrics.length > 0 ? { metrics: seen.metrics } : {}),
    };
    const meaning = seen.code === null ? undefined : meanings[seen.code];
    // Without its arguments: they may come from the environment.
    const byHand = `run it by hand, with the arguments from the configuration: ${program}`;
    if (!meaning) {
      const trouble = seen.trouble ?? `ended with exit code ${seen.code}`;
      const text = seen.text === "" ? "" : `: ${seen.text}`;
      const remedy = seen.trouble === "not found" ? "install it, or name its path in `command`" : byHand;
      return { status: "unknown", message: `${name} ${trouble}${text}`, remedy, ...said };
    }
    const { status, word } = meaning;
    const silent = status === "unknown" ? `${name} printed nothing` : `${name} ${word}`;
    const message = seen.text === "" ? silent : seen.text;
    // What was recorded before this was noted has none.
    const { lacks = [] } = seen;
    const missing = status === "unknown" && lacks.length > 0 ? { missing: lacks } : {};
    return { status, message, ...missing, ...(status === "ok" ? {} : { remedy: byHand }), ...said };
  },
};

function lines(all: readonly string[]): string[] {
  return all
    .filter((line) => line.trim() !== "")
    .slice(0, shownLines)
    .map((line) => printable(line));
}
