import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

export interface Command {
  /** Full path, or a path relative to `cwd`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** What it reads on standard input; nothing when it is not said. */
  readonly input?: string;
}

/** A program and everything it starts, as far as they stay in its process group. */
export interface Group {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Asks all of them to stop. */
  terminate(): void;
  /** Ends all of them, and lets go of what watches over them. */
  kill(): void;
  /** It has ended by itself, and what it has left running on purpose may stay. */
  dismiss(): void;
}

/**
 * A process that outlives us if we are killed and then ends the group: it waits for the other end of descriptor 3, ours,
 * to close; a line from there dismisses it. The extra subshell makes it an orphan, so that the program does not meet a child
 * that it never started.
 */
const watched =
  '( (trap "" HUP INT QUIT PIPE ALRM TERM USR1 USR2; read -r x <&3 || kill -s KILL -- -$$) >/dev/null 2>&1 & ); exec "$@" 3<&-';
const shell = "/bin/sh";

/** Starts a program in a process group of its own, without a terminal. */
export function startGroup(command: Command): Group {
  const group = command.platform === "win32" ? startOnWindows(command) : startOnPosix(command);
  const { stdin } = group.child;
  // It may end, or close it, before it has read everything.
  stdin?.on("error", () => {});
  stdin?.end(command.input);
  return group;
}

function startOnPosix({ file, args, cwd, env, input }: Command): Group {
  const stdin = input === undefined ? "ignore" : "pipe";
  const options = { cwd, env: { ...env }, detached: true } as const;
  // An image without a shell still gets its group, only nobody to end it if we are killed.
  const child = existsSync(shell)
    ? spawn(shell, ["-c", watched, "sh", file, ...args], {
        ...options,
        stdio: [stdin, "pipe", "pipe", "pipe"],
      })
    : spawn(file, args, { ...options, stdio: [stdin, "pipe", "pipe"] });
  const pipes = outputs(child);
  const leash = child.stdio[3] as Writable | null | undefined;
  leash?.on("error", () => {});
  let killed = false;
  const send = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // they have just ended by themselves
    }
  };
  return {
    child,
    ...pipes,
    terminate: () => send("SIGTERM"),
    kill() {
      // Once only: the group's number may be given to others as soon as the watchdog is gone.
      if (killed) return;
      killed = true;
      send("SIGKILL");
      leash?.destroy();
    },
    dismiss: () => void leash?.end("done\n"),
  };
}

function startOnWindows({ file, args, cwd, env, input }: Command): Group {
  const child = spawn(file, args, {
    cwd,
    env: { ...env },
    windowsHide: true,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const kill = () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const killer = spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], {
      windowsHide: true,
      stdio: "ignore",
    });
    killer.on("error", () => child.kill());
  };
  return { child, ...outputs(child), terminate: kill, kill, dismiss() {} };
}

function outputs(child: ChildProcess): { stdout: Readable; stderr: Readable } {
  const { stdout, stderr } = child;
  if (stdout && stderr) return { stdout, stderr };
  // Node makes no pipes at all when it is out of descriptors, and says so only later.
  child.on("error", () => {});
  throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
}
