import { findProgram } from "../program/find.ts";
import { type Group, startGroup } from "../program/group.ts";
import { keepEnd } from "../program/run.ts";
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

/**
 * Runs git in a session of its own, so that nothing can ask on the terminal. A non-zero exit is an answer, not an error.
 * What hooks and helpers leave running on purpose stays, as it does for a user.
 * @throws GitMissing when there is no git; the signal's reason when aborted, after the whole group has ended
 */
export function createUserGit(cwd: string, env: NodeJS.ProcessEnv): UserGit {
  return (args, { signal, input = "", settings = [], env: extra, isListing = false }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const environment = extra ? { ...env, ...extra } : env;
      const file = findProgram("git", { env: environment, cwd, platform: process.platform });
      if (file === undefined)
        return reject(new GitMissing(`git is not installed or not on PATH (asked from ${cwd})`));
      const argv = ["--no-pager", ...settings.flatMap((setting) => ["-c", setting]), ...args];
      const failed = (error: NodeJS.ErrnoException) =>
        reject(new GitMissing(`git cannot be started: ${error.code ?? error.name}`));
      let group: Group;
      try {
        const command = { file, args: argv, cwd, env: environment, platform: process.platform, input };
        group = startGroup(command);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === "EMFILE" ? failed(error as Error) : reject(error);
      }
      const { child } = group;
      const stdout = keepEnd(group.stdout, isListing ? Number.POSITIVE_INFINITY : keptBytes);
      const stderr = keepEnd(group.stderr, keptBytes);
      let timer: NodeJS.Timeout | undefined;
      const settle = (answer: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        group.stdout.destroy();
        group.stderr.destroy();
        answer();
      };
      const end = () => {
        group.kill();
        settle(() => reject(signal.reason));
      };
      const stop = () => {
        group.terminate();
        timer = setTimeout(end, politeMs);
      };
      signal.addEventListener("abort", stop, { once: true });
      child.once("error", (error) => settle(() => failed(error)));
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
      group.stdout.once("close", closed);
      group.stderr.once("close", closed);
      child.once("exit", () => {
        closed();
        if (open > 0 && !signal.aborted) timer = setTimeout(finish, flushMs);
      });
    });
}
