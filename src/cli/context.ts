import type { Checkout } from "../app/checkout.ts";
import { createSentinel, type Sentinel } from "../app/sentinel.ts";
import type { SentinelEvent } from "../core/event.ts";
import type { Secrets } from "../core/mask.ts";
import type { Verdict } from "../core/verdict.ts";
import { errorLine, type Failure } from "./failure.ts";
import type { CommonOptions } from "./options.ts";
import { asCommand, asMasked, type Terminal, wantsColor } from "./terminal.ts";

/** What every command works with. */
export interface Context {
  readonly sentinel: Sentinel;
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** Where the caller stands. With `--repo` the sentinel looks at another folder. */
  readonly cwd: string;
  /** The folder that the command is about: the caller's, or what `--repo` was cloned into. */
  readonly folder: string;
  readonly toolVersion: string;
  /** A person is looking: stderr is a terminal, and nothing asked for plain lines. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** Masked text to stderr. */
  say(text: string): void;
  /** A line to stderr whose maker has masked what it says. */
  line(masked: string): void;
  /** Says what failed, as lines of the log are asked for. */
  fail(failure: Failure): void;
  /** A command to the CI's runner, masked, on a line of stderr by itself. */
  command(line: string): void;
  /** Where events go; a command may put a live view in front of the log. */
  listen(listener: (event: SentinelEvent) => void): void;
  readonly signal: AbortSignal;
  /** What is said if a second signal ends the process at once, from here on. */
  leaving(state: string): void;
  /** Told of the gate's answer when everything else that was asked for has been delivered. */
  judged(verdict: Verdict): void;
}

export interface ContextOptions {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly toolVersion: string;
  readonly signal: AbortSignal;
  readonly options: CommonOptions;
  readonly leaving?: (state: string) => void;
  readonly judged?: (verdict: Verdict) => void;
  readonly secrets?: Secrets;
  /** What is looked at instead of the folder that the caller stands in. */
  readonly checkout?: Checkout;
}

export function createContext(given: ContextOptions): Context {
  const { terminal, cwd, toolVersion, signal, options, checkout, secrets } = given;
  const { leaving = () => {}, judged = () => {} } = given;
  const { env, folder } = checkout ?? { env: given.env, folder: cwd };
  let listener: (event: SentinelEvent) => void = () => {};
  const sentinel = createSentinel({
    ...{ cwd: folder, env, signal, toolVersion },
    ...(secrets ? { secrets } : {}),
    ...(checkout ? { named: checkout.named } : {}),
    emit: (event) => listener(event),
  });
  const isTTY = terminal.stderr.isTTY === true;
  const line = (masked: string) => void asMasked(() => terminal.stderr.write(masked));
  return {
    sentinel,
    terminal,
    env,
    cwd,
    folder,
    toolVersion,
    interactive:
      isTTY && options.logFormat === "text" && !options.verbose && !env["CI"] && env["TERM"] !== "dumb",
    color: wantsColor(env, options.color, isTTY),
    say: (text) => void terminal.stderr.write(sentinel.secrets.mask(text)),
    line,
    fail: (failure) =>
      line(errorLine(failure, options.logFormat ?? "text", (text) => sentinel.secrets.mask(text))),
    command: (line) => void asCommand(() => terminal.stderr.write(`${sentinel.secrets.mask(line)}\n`)),
    listen(next) {
      listener = next;
    },
    signal,
    leaving,
    judged,
  };
}
