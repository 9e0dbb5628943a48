import { ProgramMissing } from "../../clients/readers.ts";
import { Aborted } from "../../core/check.ts";
import { monotonicMs } from "../../core/clock.ts";
import { createLimit } from "../../core/limit.ts";
import { duration, printable } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import type { Answer, SignalQuery, Source, SourceProof, TimeRange } from "../types.ts";
import { parseAnswer, type Told } from "./exec/answer.ts";
import type { ExecOptions, SourceClients } from "./options.ts";

const minuteMs = 60_000;
const provenMs = 5 * minuteMs;
const outputBytes = 4 * 1024 * 1024;
/** Programs at a time. */
const together = 4;

/**
 * A program of one's own. It reads the question from its standard input, as JSON: the query's fields, and `from` and `to` in
 * RFC 3339; it answers on its standard output with `{"counts": [{"start": …, "total": 120, "bad": 1}]}`,
 * `{"levels": [{"start": …, "level": 0.7}]}`, `{"noData": "why"}` or `{"error": "why"}`, and ends with 0.
 */
export function createExecSource(
  { run, cwd, timeoutMs = 30_000, env: names = [] }: ExecOptions,
  { programs, env }: Pick<SourceClients, "programs" | "env">,
): Source {
  const limit = createLimit(together);
  const program = printable(run[0], 200);

  async function ask(query: SignalQuery, { from, to }: TimeRange, outer: AbortSignal): Promise<Told> {
    const question = { ...query, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    const secrets = names
      .map((name) => [name, env.secret(name)] as const)
      .filter(([, value]) => value !== undefined);
    try {
      const { code, signal, stdout, stderr } = await within(timeoutMs, outer, (inner) =>
        programs.run({
          argv: run,
          ...(cwd === undefined ? {} : { cwd }),
          env: Object.fromEntries(secrets) as Record<string, string>,
          input: `${JSON.stringify(question)}\n`,
          maxOutputBytes: outputBytes,
          signal: inner,
        }),
      );
      if (code === 0) return parseAnswer(stdout, query.kind, { from, to });
      const last = printable(stderr.trim().split("\n").at(-1) ?? "", 300);
      const ended = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
      return { state: "telemetry-error", why: `${program} ${ended}${last ? `: ${last}` : ""}` };
    } catch (error) {
      if (outer.aborted) throw outer.reason;
      if (error instanceof ProgramMissing) {
        return {
          state: "wrong",
          why: `${program} is not there`,
          remedy: "install it, or name its path in run",
        };
      }
      if (error instanceof Aborted) {
        return { state: "telemetry-error", why: `${program} gave no answer within ${duration(timeoutMs)}` };
      }
      throw error;
    }
  }

  const timed = (query: SignalQuery, range: TimeRange, signal: AbortSignal) =>
    limit(async () => {
      if (signal.aborted) throw signal.reason;
      const started = monotonicMs();
      const told = await ask(query, range, signal);
      return { told, tookMs: monotonicMs() - started };
    });

  return {
    id: "exec",
    async prove(queries, signal) {
      const to = Math.floor(Date.now() / minuteMs) * minuteMs;
      const range = { from: to - provenMs, to };
      return Promise.all(
        queries.map(async (query) => proofOf(query, (await timed(query, range, signal)).told)),
      );
    },
    async read(query, range, signal): Promise<Answer> {
      const { told, tookMs } = await timed(query, range, signal);
      const asked = { sent: [`${program} ${JSON.stringify({ id: query.id, ...range })}`], tookMs };
      return told.state === "wrong" ? { ...told, ...asked, state: "telemetry-error" } : { ...told, ...asked };
    },
    close: async () => {},
  };
}

function proofOf({ id }: SignalQuery, told: Told): SourceProof {
  if (told.state === "counts" || told.state === "levels")
    return { state: "ok", message: `exec: ${id}: it answers` };
  const message = `exec: ${id}: ${told.why}`;
  if (told.state === "no-data") return { state: "notice", message };
  const remedy = "remedy" in told && told.remedy !== undefined ? { remedy: told.remedy } : {};
  return { state: told.state === "wrong" ? "conflict" : "unknown", message, ...remedy };
}
