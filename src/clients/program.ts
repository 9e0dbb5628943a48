import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import { programEnvironment } from "./program/environment.ts";
import { findProgram } from "./program/find.ts";
import { runCommand } from "./program/run.ts";
import { ProgramMissing, type ProgramReader } from "./readers.ts";

const defaultOutputBytes = 64 * 1024;
/** No encoding makes a character longer than this. */
const longestEncoding = 12;

/** The door to other people's programs: an allow-listed environment, a process group of its own, masked output. */
export function createPrograms(deps: {
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  readonly platform?: NodeJS.Platform;
}): ProgramReader {
  const { secrets, platform = process.platform } = deps;
  return {
    which: (name) => findProgram(name, { env: deps.env, cwd: process.cwd(), platform }),
    async run(request) {
      request.signal.throwIfAborted();
      const [name, ...args] = request.argv;
      const cwd = resolve(request.cwd ?? ".");
      if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
        throw new Error(`cannot run ${printable(name, 200)}: there is no folder ${printable(cwd, 200)}`);
      }
      const env = programEnvironment(deps.env, request.env, platform);
      const file = findProgram(name, { env, cwd, platform });
      if (file === undefined) throw missing(name, platform);
      if (platform === "win32" && /\.(cmd|bat)$/i.test(file)) {
        throw new Error(`${printable(name, 200)} is a batch file: name the program that it starts`);
      }
      // Kept beyond the limit, so that a secret at the limit is seen whole before the rest is cut off.
      const spare = Math.max(4, ...secrets.values.map((value) => value.length * longestEncoding));
      const limit = request.maxOutputBytes ?? defaultOutputBytes;
      const { keep = "start", input } = request;
      const command = { file, args, cwd, env, platform, ...(input === undefined ? {} : { input }) };
      const kept = { bytes: limit + spare, part: keep };
      const ended = await runCommand(command, kept, request.signal).catch((error) => {
        throw request.signal.aborted ? error : cannotStart(name, error);
      });
      const text = (bytes: Buffer) => (keep === "start" ? maskedStart : maskedEnd)(bytes, limit, secrets);
      const { code, signal, stdout, stderr } = ended;
      return { code, signal, stdout: text(stdout), stderr: text(stderr) };
    },
  };
}

/** The first bytes of an output, masked; of a secret that they end in the middle of, nothing is left. */
function maskedStart(bytes: Buffer, limit: number, secrets: Secrets): string {
  const whole = secrets.mask(bytes.toString("utf8"));
  if (bytes.length <= limit) return whole;
  const start = secrets.mask(bytes.subarray(0, limit).toString("utf8"));
  // The two part where the start has a piece of what is masked in the whole.
  let same = 0;
  while (same < start.length && start[same] === whole[same]) same++;
  return start.slice(0, same);
}

/** The last bytes, in the same way. */
function maskedEnd(bytes: Buffer, limit: number, secrets: Secrets): string {
  const whole = secrets.mask(bytes.toString("utf8"));
  if (bytes.length <= limit) return whole;
  const end = secrets.mask(bytes.subarray(-limit).toString("utf8"));
  let same = 0;
  while (same < end.length && end.at(-1 - same) === whole.at(-1 - same)) same++;
  return end.slice(end.length - same);
}

function missing(name: string, platform: NodeJS.Platform): ProgramMissing {
  const shown = printable(name, 200);
  const isPath = (platform === "win32" ? /[\\/]/ : /\//).test(name);
  return new ProgramMissing(isPath ? `${shown} is not there or may not be run` : `${shown} is not on PATH`);
}

/** The system's own error repeats the whole command line. */
function cannotStart(name: string, error: NodeJS.ErrnoException): Error {
  return new Error(`${printable(name, 200)} cannot be started: ${error.code ?? error.name}`);
}
