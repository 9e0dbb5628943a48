import { passedOn, valueNamed } from "../../clients/env.ts";
import { ProgramMissing } from "../../clients/readers.ts";
import { type Proof, StepFailure } from "../../core/step.ts";
import { duration, lastLines, printable, shellWord } from "../../core/text.ts";
import type { Phase } from "../driver.ts";
import type { PhaseWorld, TimedPhase } from "./phase-world.ts";

/** Of a failed program, what it said last. */
const tailLines = 8;
const outputBytes = 64 * 1024;

/** A program of the project's own, with a small environment and a time limit; asked to stop when that is over. */
export function programPhase(phase: TimedPhase, world: PhaseWorld): Phase {
  const { run: argv = [""] as const, name, env: wanted = [] } = phase;
  const shown = printable(argv.map(shellWord).join(" "), 300);
  const title = `Run ${printable(name ?? shown, 300)}`;
  return {
    id: phase.id,
    title,
    async prove() {
      const missing = wanted.filter((variable) => valueNamed(variable, world.env) === undefined);
      const [program] = argv;
      const isThere = /[\\/]/.test(program) || world.programs.which(program) !== undefined;
      const proofs: Proof[] = [];
      if (!isThere) {
        const remedy = "install it where the deploy runs, or name it by its path in deploy.migrations";
        proofs.push({ state: "conflict", message: `${printable(program, 200)} is not on PATH`, remedy });
      }
      if (missing.length > 0) {
        const message = `${title}: ${missing.map((one) => printable(one, 100)).join(", ")} not set`;
        proofs.push({ state: "notice", message });
      }
      return proofs;
    },
    async run(signal) {
      const answer = await started(phase, argv, shown, world, signal);
      if (answer.code === 0) return `${shown} has run`;
      const ended = answer.code === null ? `was ended by ${answer.signal}` : `exited with ${answer.code}`;
      const said = lastLines(`${answer.stdout}\n${answer.stderr}`, tailLines, 1000);
      throw new StepFailure(
        `${shown} ${ended}${said ? `: ${said}` : ""}`,
        "mend it, and see how far it came, then deploy again",
      );
    },
  };
}

async function started(
  { timeoutMs, env: wanted = [] }: TimedPhase,
  argv: readonly [string, ...string[]],
  shown: string,
  world: PhaseWorld,
  signal: AbortSignal,
) {
  const request = {
    argv,
    cwd: world.cwd,
    env: { ...world.variables, ...passedOn(wanted, world.env) },
    maxOutputBytes: outputBytes,
    keep: "end" as const,
  };
  // Until it has ended, and not only been told to: who comes next must not meet it at work.
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await world.programs.run({ ...request, signal: AbortSignal.any([signal, limit]) });
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof ProgramMissing)
      throw new StepFailure(error.message, "install it where the deploy runs");
    if (!limit.aborted) throw new StepFailure(printable((error as Error).message, 300));
    throw new StepFailure(
      `${shown} did not end within ${duration(timeoutMs)}, and was stopped`,
      "see how far it came and what it waited for, or give it a longer `timeout`",
    );
  }
}
