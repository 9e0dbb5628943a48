import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { findProgram } from "../program/find.ts";
import { type GitAnswer, GitMissing } from "./command.ts";

export interface UserGitOptions {
  readonly signal: AbortSignal;
  readonly input?: string;
  /** Extra `-c name=value` settings. They are seen in the list of processes: nothing secret. */
  readonly settings?: readonly string[];
  /** Extra environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output is a listing, and is kept from its beginning. */
  readonly isListing?: boolean;
}

export type UserGit = (args: readonly string[], options: UserGitOptions) => Promise<GitAnswer>;

/** Of what is no listing the end is kept: that is where git says what went wrong. */
const keptBytes = 256 * 1024;
/** Between asking git and its hooks to stop, which lets them remove their lock files, and making them. */
const politeMs = 500;
/** What a hook left running may hold the pipes open for ever. */
const flushMs = 500;
const shell = "/bin/sh";

/**
 * Outlives us if we are killed, and then ends the group; a line on descriptor 3 dismisses it.
 * What hooks and helpers leave running on purpose stays, as it does for a user.
 */
const watched =
  '( (trap "" HUP INT QUIT PIPE ALRM TERM USR1 USR2; read -r x <&3 || kill -s KILL -- -$$) >/dev/null 2>&1 & ); exec "$@" 3<&-';

/**
 * Runs git in a session of its own, so that nothing can ask on the terminal. A non-zero exit is an answer, not an error.
 * @throws GitMissing when there is no git; the signal's reason when aborted, after the whole group has ended
 */
export function createUserGit(cwd: string, env: NodeJS.ProcessEnv): UserGit {
  return (args, { signal, input, settings = [], env: extra, isListing = false }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const environment = extra ? { ...env, ...extra } : env;
      const file = findProgram("git", { env: environment, cwd, platform: process.platform });
      if (file === undefined)
        return reject(new GitMissing(`git is not installed or not on PATH (asked from ${cwd})`));
      const argv = ["--no-pager", ...settings.flatMap((setting) => ["-c", setting]), ...args];
      const group = start(file, argv, { cwd, env: environment });
      const { child } = group;
      const stdout = keepEnd(child.stdout, isListing ? Number.POSITIVE_INFINITY : keptBytes);
      const stderr = keepEnd(child.stderr, keptBytes);
      let timer: NodeJS.Timeout | undefined;
      const settle = (answer: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        child.stdout?.destroy();
        child.stderr?.destroy();
        answer();
      };
      const end = () => {
        group.kill();
        settle(() => reject(signal.reason));
      };
      const stop = () => {
        group.send("SIGTERM");
        timer = setTimeout(end, politeMs);
      };
      signal.addEventListener("abort", stop, { once: true });
      child.stdin?.on("error", () => {});
      child.stdin?.end(input ?? "");
      child.once("error", (error: NodeJS.ErrnoException) => {
        settle(() => reject(new GitMissing(`git cannot be started: ${error.code ?? error.name}`)));
      });
      const finish = () => {
        if (signal.aborted) return end();
        group.dismiss();
        settle(() => resolve({ code: child.exitCode ?? 128, stdout: stdout(), stderr: `${stderr()}` }));
      };
      // Not the child's own `close`: that waits for the watcher's end of the leash too.
      let open = 3;
      const closed = () => {
        open -= 1;
        if (open === 0) finish();
      };
      child.stdout?.once("close", closed);
      child.stderr?.once("close", closed);
      child.once("exit", () => {
        closed();
        if (open > 0 && !signal.aborted) timer = setTimeout(finish, flushMs);
      });
    });
}

interface Group {
  readonly child: ChildProcess;
  send(signal: NodeJS.Signals): void;
  kill(): void;
  /** It has ended by itself: nothing is to be killed any more. */
  dismiss(): void;
}

function start(file: string, args: readonly string[], options: SpawnOptions): Group {
  if (process.platform === "win32") return startOnWindows(file, args, options);
  // An image without a shell still gets its group, only nobody to end it if we are killed.
  const guarded = existsSync(shell);
  const command = guarded ? [shell, "-c", watched, "sh", file, ...args] : [file, ...args];
  const pipes = ["pipe", "pipe", "pipe", guarded ? "pipe" : "ignore"] as const;
  const own: SpawnOptions = { ...options, stdio: [...pipes], detached: true };
  const child: ChildProcess = spawn(command[0] ?? file, command.slice(1), own);
  const leash = child.stdio[3] as Writable | null | undefined;
  leash?.on("error", () => {});
  const send = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // they have just ended by themselves
    }
  };
  return {
    child,
    send,
    kill() {
      send("SIGKILL");
      leash?.destroy();
    },
    dismiss: () => leash?.end("done\n"),
  };
}

function startOnWindows(file: string, args: readonly string[], options: SpawnOptions): Group {
  const child = spawn(file, args, { ...options, stdio: "pipe", windowsHide: true });
  const kill = () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const killer = spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], {
      windowsHide: true,
      stdio: "ignore",
    });
    killer.on("error", () => child.kill());
  };
  return { child, send: kill, kill, dismiss() {} };
}

function keepEnd(stream: Readable | null, bytes: number): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("error", () => {});
  stream?.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size - (chunks[0]?.length ?? 0) >= bytes) size -= chunks.shift()?.length ?? 0;
  });
  return () => Buffer.concat(chunks).subarray(-bytes);
}

/** Gives git so long, and waits until it has ended. @throws what `late` makes when time is up */
export async function limited<T>(
  limitMs: number,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
): Promise<T> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await ask(AbortSignal.any([signal, limit]));
  } catch (error) {
    throw limit.aborted && !signal.aborted ? late() : error;
  }
}
