import { Aborted } from "../core/check.ts";
import { duration, printable, shellWord } from "../core/text.ts";
import { within } from "../core/within.ts";
import { DockerFailure, dockerFailure } from "./docker/failure.ts";
import { programEnvironment } from "./program/environment.ts";
import { findProgram } from "./program/find.ts";
import { runCommand } from "./program/run.ts";

export { DockerFailure } from "./docker/failure.ts";

export interface DockerCall {
  readonly signal: AbortSignal;
  /** Standard input; nothing when it is not said. */
  readonly input?: string;
  /** For the whole run; 60 s when it is not said. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Variables besides those that every program gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface DockerAnswer {
  readonly code: number;
  /** As it was written, never masked: what is captured must come back unharmed. Nothing of it may be shown as it is. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The docker command, bound to one engine for its whole life. */
export interface Docker {
  /** The context that was asked for; undefined: what DOCKER_HOST, DOCKER_CONTEXT or the current context say. */
  readonly context: string | undefined;
  /** Runs a program of docker's. A non-zero exit is an answer. @throws DockerFailure (`missing`, `timeout`, `other`); the signal's reason */
  program(argv: readonly [string, ...string[]], call: DockerCall): Promise<DockerAnswer>;
  /** The same for `docker ARGS`. */
  run(args: readonly string[], call: DockerCall): Promise<DockerAnswer>;
  /** What `docker ARGS` wrote. @throws DockerFailure when it failed */
  text(args: readonly string[], call: DockerCall): Promise<string>;
  /** The same, parsed. @throws DockerFailure */
  json<T>(args: readonly string[], call: DockerCall): Promise<T>;
  /** The same command for a person to type. */
  typed(args: readonly string[]): string;
  has(program: string): boolean;
}

const outputBytes = 64 * 1024 * 1024;
const runMs = 60_000;

/** The door to a Docker engine: the docker that users trust with their credentials. */
export function createDocker(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly context?: string | undefined;
}): Docker {
  const { context, cwd = process.cwd() } = options;
  const env = dockerEnvironment(options.env);
  const place = context === undefined ? [] : ["--context", context];
  const docker: Docker = {
    context,
    program: (argv, call) => runDocker({ ...env, ...call.env }, call.cwd ?? cwd, argv, call),
    run: (args, call) => docker.program(["docker", ...place, ...args], call),
    async text(args, call) {
      const { code, stdout, stderr } = await docker.run(args, call);
      if (code !== 0) throw dockerFailure(stderr);
      return stdout;
    },
    async json<T>(args: readonly string[], call: DockerCall) {
      const text = await docker.text(args, call);
      try {
        return JSON.parse(text) as T;
      } catch {
        throw new DockerFailure("other", `docker ${args[0] ?? ""} answered with something that is not JSON`);
      }
    },
    typed: (args) => ["docker", ...place, ...args].map(shellWord).join(" "),
    has: (program) => findProgram(program, { env, cwd, platform: process.platform }) !== undefined,
  };
  return docker;
}

async function runDocker(
  env: Readonly<Record<string, string>>,
  cwd: string,
  [name, ...args]: readonly [string, ...string[]],
  { input, timeoutMs = runMs, signal }: DockerCall,
): Promise<DockerAnswer> {
  const { platform } = process;
  const file = findProgram(name, { env, cwd, platform });
  if (file === undefined) throw new DockerFailure("missing", `${name} is not on PATH`);
  const command = { file, args, cwd, env, platform, ...(input === undefined ? {} : { input }) };
  // One more than is allowed: so much is known to be too much.
  const kept = { bytes: outputBytes + 1, part: "start" } as const;
  const verb = args.find((word) => /^[a-z]+$/.test(word)) ?? "";
  try {
    const ended = await within(timeoutMs, signal, (inner) => runCommand(command, kept, inner));
    const { code, stdout, stderr } = ended;
    if (stdout.length > outputBytes) {
      throw new DockerFailure("other", `${name} ${verb} wrote more than 64 MB`);
    }
    return { code: code ?? 128, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
  } catch (error) {
    if (signal.aborted || error instanceof DockerFailure) throw error;
    if (error instanceof Aborted) {
      throw new DockerFailure("timeout", `${name} ${verb} did not end within ${duration(timeoutMs)}`);
    }
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DockerFailure("missing", `${name} cannot be started: ${code ?? printable(message, 200)}`);
  }
}

/**
 * What the docker command, its way to an engine over SSH, and the credential helpers of registries need besides what every
 * program gets. They are the user's own programs, named in their docker configuration.
 */
const helpers =
  /^(DOCKER_(API_VERSION|DEFAULT_PLATFORM|TLS|CERT_PATH|CONTENT_TRUST\w*)|SSH_AUTH_SOCK|AWS_\w+|GOOGLE_\w+|CLOUDSDK_\w+|AZURE_\w+|COMPOSE_(HTTP_TIMEOUT|PARALLEL_LIMIT|TLS_VERSION|CONVERT_WINDOWS_PATHS|COMPATIBILITY))$/;

function dockerEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const wanted = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && helpers.test(entry[0]),
  );
  // Its messages are read, so they must be English and plain.
  const fixed = { LC_ALL: "C.UTF-8", NO_COLOR: "1", DOCKER_CLI_HINTS: "false", COMPOSE_ANSI: "never" };
  return { ...programEnvironment(env), ...Object.fromEntries(wanted), ...fixed };
}
