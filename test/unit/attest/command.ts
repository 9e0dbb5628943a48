import { Writable } from "node:stream";
import { Command } from "commander";
import type { CommandDefinition } from "../../../src/cli/command.ts";
import { createContext } from "../../../src/cli/context.ts";
import { configureLogging, resetLogging } from "../../../src/cli/logging.ts";
import type { CommonOptions } from "../../../src/cli/options.ts";
import { cleanEnv } from "../../support/cli.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command as the command line does, in this process. @throws what the command throws */
export async function command(
  definition: Pick<CommandDefinition, "options" | "load">,
  argv: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<Said> {
  const parsed = new Command()
    .argument("[file]")
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const option of definition.options()) parsed.addOption(option);
  parsed.parse([...argv], { from: "user" });
  const [stdout, stderr] = [new Sink(), new Sink()];
  const options = parsed.opts<CommonOptions>();
  const context = createContext({
    terminal: { stdout, stderr },
    env: cleanEnv(env),
    cwd,
    toolVersion: "0.1.0",
    signal: new AbortController().signal,
    options,
  });
  const { secrets } = context.sentinel;
  configureLogging({ format: "text", level: "info", secrets, write: (line) => context.line(line) });
  try {
    const code = await (await definition.load())(context, options as never, parsed.args);
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    resetLogging();
    await context.sentinel.close();
  }
}

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}
