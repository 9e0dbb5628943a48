import { Writable } from "node:stream";
import { main } from "../../src/cli/main.ts";
import { cleanEnv, type Ran } from "./cli.ts";

/** Runs the command line in this very process: for the many situations for which a process of its own would take too long. */
export async function inProcess(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  },
): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString("utf8");
        done();
      },
    });
  const terminal = { stdout: stream("stdout"), stderr: stream("stderr") };
  const { cwd, env = {}, signal = new AbortController().signal } = options;
  const code = await main({ argv: args, env: cleanEnv(env), cwd, terminal, signal });
  return { code, signal: null, ...written, all: written.stdout + written.stderr };
}
