import { spawn } from "node:child_process";
import { end } from "../program/end.ts";

export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitCommandOptions {
  readonly signal?: AbortSignal | undefined;
  readonly input?: string | Buffer;
  /** Talks to a remote: gets a session of its own, so that nothing can ask a question on the terminal. */
  readonly network?: boolean;
  /** Extra `-c name=value` settings. */
  readonly settings?: readonly string[];
  /** Extra environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export type GitCommand = (args: readonly string[], options?: GitCommandOptions) => Promise<GitAnswer>;

/** git could not be started at all. */
export class GitMissing extends Error {
  override readonly name = "GitMissing";
  readonly remedy = "install git, and see that it is on PATH";
}

/** What of the caller's GIT_* variables git may see: how to reach and trust a remote, never which repository to read. */
const keptGitVariables =
  /^GIT_(ASKPASS|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+|HTTP_\w+|PROXY_\w+|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|ALLOW_PROTOCOL|PROTOCOL|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH|AUTHOR_\w+|COMMITTER_\w+)$/;

/** The environment git is run with. */
export function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith("GIT_") || keptGitVariables.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
  };
}

/** Programs that a repository's own configuration could make git run. */
export const hardened = [
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.pager=cat",
  // What one person ignores is untracked for everybody else.
  "core.excludesFile=/dev/null",
  "log.showSignature=false",
  // A folder with HEAD, objects, refs and config can be committed: in it git would take that for the repository, and obey it.
  "safe.bareRepository=explicit",
  // A URL of the sort ext::program would be one.
  "protocol.ext.allow=never",
];

/**
 * The one place that starts git. A non-zero exit is an answer, not an error.
 * @param lifetime ends every git that still runs, asked with a signal of its own or not
 * @throws GitMissing when there is no git; the signal's reason when aborted
 */
export function createGitCommand(
  cwd: string,
  env: NodeJS.ProcessEnv,
  lifetime?: AbortSignal | undefined,
): GitCommand {
  const environment = gitEnvironment(env);
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      const { network = false } = options;
      const signals = [options.signal, lifetime].filter((signal) => signal !== undefined);
      const aborted = () => signals.find((signal) => signal.aborted);
      if (aborted()) return reject(aborted()?.reason);
      const settings = [...hardened, ...(options.settings ?? [])].flatMap((setting) => ["-c", setting]);
      const child = spawn("git", ["--no-pager", ...settings, ...args], {
        cwd,
        env: options.env ? { ...environment, ...options.env } : environment,
        stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        detached: network && process.platform !== "win32",
        windowsHide: true,
      });
      const stop = () => {
        try {
          if (network && child.pid !== undefined && process.platform !== "win32")
            process.kill(-child.pid, "SIGKILL");
          else end(child);
        } catch {
          // it has just ended by itself
        }
        // What it has started may hold the pipes for longer.
        child.stdout?.destroy();
        child.stderr?.destroy();
        reject(aborted()?.reason);
      };
      for (const signal of signals) signal.addEventListener("abort", stop, { once: true });
      const deaf = () => {
        for (const signal of signals) signal.removeEventListener("abort", stop);
      };
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
      child.stdin?.on("error", () => {});
      child.stdin?.end(options.input);
      child.on("error", (error: NodeJS.ErrnoException) => {
        deaf();
        reject(startFailure(error, cwd));
      });
      child.on("close", (code) => {
        deaf();
        resolve({
          code: code ?? 128,
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr).toString("utf8"),
        });
      });
    });
}

export function startFailure(error: NodeJS.ErrnoException, cwd: string): Error {
  if (error.code === "ENOENT")
    return new GitMissing(`git is not installed or not on PATH (asked from ${cwd})`);
  return new GitMissing(`git cannot be started: ${error.code ?? error.message}`);
}
