import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "..", "..");
/** The Node that runs the command line under test; the tests themselves run on the project's own. */
const node = process.env["RS_TEST_NODE"] ?? process.execPath;
export const bin: string = join(root, "dist", "bin.cjs");

export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, for what must not appear anywhere. */
  readonly all: string;
}

/** An environment with nothing of the machine's CI or of the person who runs the tests. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const keep = ["PATH", "LANG", "TMPDIR"];
  const base = Object.fromEntries(
    keep.flatMap((name) => (process.env[name] ? [[name, process.env[name] as string]] : [])),
  );
  return {
    ...base,
    HOME: "/nonexistent",
    XDG_CACHE_HOME: join(tmpdir(), "release-sentinel-test-cache"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    ...extra,
  };
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the running process: to send it signals. */
  readonly during?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the built command line as its users do: a process of its own. */
export function cli(args: readonly string[], { cwd, env = {}, during }: CliOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [bin, ...args], { cwd, env: cleanEnv(env), stdio: ["ignore", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const [stdout, stderr] = [Buffer.concat(out).toString("utf8"), Buffer.concat(err).toString("utf8")];
      resolve({ code, signal, stdout, stderr, all: stdout + stderr });
    });
    during?.(child);
  });
}
