import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createEnv } from "../../clients/env.ts";
import { Secrets } from "../../core/mask.ts";
import { errorAnnotation, levelAnnotation, maskCommands, outputs } from "../../gate/report/github.ts";
import { errorLine, type Failure } from "../failure.ts";
import { asCommand, tamed } from "../terminal.ts";

/** What the action itself says, around the command that it runs. Everything is masked by what the environment holds. */
export interface Voice {
  /** An annotation of the job, which also stands in the log. */
  tell(level: "notice" | "warning" | "error", message: string, remedy?: string): void;
  /** An error that kept the command from being run, with the outputs that a later step reads. */
  refuse(failure: Failure): void;
}

export function createVoice(env: NodeJS.ProcessEnv): Voice {
  const secrets = new Secrets();
  createEnv(env, secrets);
  const command = (line: string) => asCommand(() => void process.stderr.write(`${line}\n`));
  const mask = (text: string) => secrets.mask(text);
  return {
    tell: (level, message, remedy) => command(mask(levelAnnotation(level, message, remedy))),
    refuse(failure) {
      for (const line of maskCommands(secrets.values)) command(line);
      process.stderr.write(tamed(errorLine(failure, "text", mask)));
      command(mask(errorAnnotation(failure.message, failure.remedy)));
      const report = mask(failure.remedy ? `${failure.message}\n→ ${failure.remedy}` : failure.message);
      const verdict = failure.exitCode === 1 ? "BLOCKED" : "CRITICAL";
      append(
        env["GITHUB_OUTPUT"],
        outputs({ verdict, exitCode: failure.exitCode }, report, `EOF-${randomUUID()}`),
      );
      append(env["GITHUB_STEP_SUMMARY"], `${report}\n`);
    },
  };
}

function append(path: string | undefined, text: string): void {
  if (!path) return;
  try {
    appendFileSync(path, text);
  } catch {
    // A full disk takes the report, not the answer: the exit code and the log say it.
  }
}
