import { passedOn } from "../../clients/env.ts";
import { type EnvReader, ProgramMissing, type ProgramReader } from "../../clients/readers.ts";
import { StepFailure } from "../../core/step.ts";
import { duration, lastLines, printable, shellWord } from "../../core/text.ts";
import type { ExecVerb } from "../settings.ts";
import { type ExecAnswer, readAnswer, readRefusal } from "./answers.ts";

export interface ExecWorld {
  readonly programs: ProgramReader;
  readonly env: EnvReader;
  /** Where the programs run. */
  readonly cwd: string;
}

export interface ExecPrograms {
  readonly verbs: Readonly<Record<ExecVerb, readonly [string, ...string[]]>>;
  /** Variables that they get besides the few that every program gets. */
  readonly env?: readonly string[];
  /** Milliseconds that one call may take. */
  readonly timeoutMs: number;
}

/** What every call is told on standard input, besides its verb and what that needs. */
export type Told = Readonly<Record<string, unknown>>;

export type Call = <V extends ExecVerb>(verb: V, told: Told, signal: AbortSignal) => Promise<ExecAnswer<V>>;

const outputBytes = 4 * 1024 * 1024;
const tailLines = 5;
/** EX_TEMPFAIL of sysexits.h: everything else is final. */
const tryAgain = 75;

/**
 * Calls the program of a verb: JSON in, JSON out.
 * @throws StepFailure, `final` unless it has exited with 75, or broke down over its plan, which says nothing of the release
 */
export function createCall(programs: ExecPrograms, world: ExecWorld, always: Told): Call {
  return async (verb, told, signal) => {
    const argv = programs.verbs[verb];
    const shown = printable(argv.map(shellWord).join(" "), 300);
    const input = shellWord(JSON.stringify({ ...always, verb }));
    const typed = `printf %s ${printable(input, 2000)} | RS_VERB=${verb} ${shown}`;
    const limit = AbortSignal.timeout(programs.timeoutMs);
    const answer = await world.programs
      .run({
        argv,
        cwd: world.cwd,
        env: { RS_VERB: verb, ...passedOn(programs.env ?? [], world.env) },
        input: `${JSON.stringify({ ...always, ...told, verb })}\n`,
        maxOutputBytes: outputBytes,
        signal: AbortSignal.any([signal, limit]),
      })
      .catch((error: unknown) => {
        signal.throwIfAborted();
        throw limit.aborted ? late(shown, programs.timeoutMs) : unstarted(error);
      });
    if (answer.code === 0) return readAnswer(verb, answer.stdout, { program: shown, typed });
    const ended = answer.code === null ? `was ended by ${answer.signal}` : `exited with ${answer.code}`;
    const refused = readRefusal(answer.stdout);
    const said = lastLines(answer.stderr || answer.stdout, tailLines, 800);
    throw new StepFailure(
      refused ? refused.message : `${shown} ${ended}${said && `: ${said}`}`,
      refused?.remedy ?? `see what it says: ${typed}`,
      answer.code !== null && answer.code !== tryAgain && (verb !== "plan" || refused !== undefined),
    );
  };
}

function late(shown: string, ms: number): StepFailure {
  return new StepFailure(
    `${shown} did not end within ${duration(ms)}`,
    "see what it waits for, or give it longer: deploy.exec.timeout",
  );
}

function unstarted(error: unknown): StepFailure {
  const message = error instanceof Error ? error.message : String(error);
  const remedy =
    error instanceof ProgramMissing
      ? "see deploy.exec in the configuration"
      : "see whether it can be run here";
  return new StepFailure(printable(message, 500), remedy, true);
}
