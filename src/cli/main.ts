import { createEnv } from "../clients/env.ts";
import { Aborted } from "../core/check.ts";
import { SentinelError } from "../core/errors.ts";
import { Secrets } from "../core/mask.ts";
import type { Verdict } from "../core/verdict.ts";
import { say } from "../gate/report/words.ts";
import type { CheckoutOptions } from "./checkout-options.ts";
import { createContext } from "./context.ts";
import { errorJson, errorLine, failureOf, Stray, signalCodes, wishes } from "./failure.ts";
import { configureLogging, type LogLevel, logEvent, resetLogging } from "./logging.ts";
import type { CommonOptions } from "./options.ts";
import { type Parsed, parse } from "./program.ts";
import { asMasked, drained, guardStreams, type Terminal, writeOut } from "./terminal.ts";

declare const __VERSION__: string | undefined;
export const toolVersion: string = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0-dev";

export interface World {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly terminal: Terminal;
  /** Aborted with an `Aborted` of cause `interrupt`. */
  readonly signal: AbortSignal;
  /** What is said if a second signal ends the process at once, from here on. */
  readonly leaving?: (state: string) => void;
  /** Told of the gate's answer when everything else that was asked for has been delivered. */
  readonly judged?: (verdict: Verdict) => void;
}

/** One run of the command line: parse, act, answer the exit code. Never throws, never ends the process. */
export async function main(world: World): Promise<number> {
  const secrets = new Secrets();
  masking = secrets;
  // What is typed wrongly may be a secret of the environment.
  createEnv(world.env, secrets);
  let parsed: Parsed | { readonly help: string };
  try {
    parsed = parse(world.argv);
    if ("help" in parsed) {
      await writeOut(world.terminal.stdout, parsed.help);
      return 0;
    }
  } catch (error) {
    return failed(error, world, wishes(world.argv), secrets);
  }
  return act(parsed, world, secrets);
}

/** What this run masks, also before its command has begun and after it has ended. */
let masking = new Secrets();
const mask = (text: string) => masking.mask(text);

async function act(
  { definition, options, args, load }: Parsed,
  world: World,
  secrets: Secrets,
): Promise<number> {
  let context = createContext({ ...world, toolVersion, options, secrets });
  let end = () => {};
  configureLogging({
    format: options.logFormat ?? "text",
    level: level(options),
    secrets,
    write: (line) => context.line(line),
  });
  try {
    const loading = load();
    if (!isElsewhere(options)) return await (await loading)(context, options as never, args);
    // What fails first is said; the other must not be left without a listener.
    loading.catch(() => {});
    const { checkOut } = await import("./checkout.ts");
    const { checkout, options: there } = await checkOut(context, definition, options);
    end = checkout.remove;
    await context.sentinel.close();
    context = createContext({ ...world, toolVersion, options: there, secrets, checkout });
    for (const notice of checkout.notices) logEvent({ type: "notice", ...notice });
    return await (await loading)(context, there as never, args);
  } catch (error) {
    if (world.env["GITHUB_ACTIONS"] === "true") {
      (await import("./github.ts")).publishError(context, failureOf(error, world.argv));
    }
    const { json = options.format === "json", logFormat = "text" } = options;
    // A stray one was said when it was met.
    return failed(error, world, { json, logFormat }, secrets, error instanceof Stray);
  } finally {
    await context.sentinel.close();
    end();
    resetLogging();
  }
}

type Elsewhere = CommonOptions & CheckoutOptions & { readonly repo: string };

function isElsewhere(options: CommonOptions & CheckoutOptions): options is Elsewhere {
  if (options.repo !== undefined) return true;
  if (options.ref === undefined) return false;
  const remedy = "name the repository: --repo OWNER/NAME, or check the ref out: git switch";
  throw new SentinelError("flag-invalid", "--ref goes with --repo", remedy);
}

function level({ quiet, verbose, logLevel }: CommonOptions): LogLevel {
  return quiet ? "error" : (logLevel ?? (verbose ? "debug" : "info"));
}

/** Says what went wrong, where and as it was asked for; answers the exit code that goes with it. */
async function failed(
  error: unknown,
  { argv, terminal }: Pick<World, "argv" | "terminal">,
  wanted: ReturnType<typeof wishes>,
  secrets: Secrets,
  isSaid = false,
): Promise<number> {
  const failure = failureOf(error, argv);
  const line = errorLine(failure, wanted.logFormat, (text) => secrets.mask(text));
  if (!isSaid) asMasked(() => terminal.stderr.write(line));
  const json = wanted.json ? errorJson(failure, secrets) : undefined;
  // The line on stderr has said it; an unwritable stdout cannot be told it too.
  if (json !== undefined) await writeOut(terminal.stdout, json).catch(() => {});
  return failure.exitCode;
}

/** After an error that nothing waited for: a lease on a remote is let go meanwhile. */
const strayMs = 20_000;

export interface Start {
  /** Default: the process's. */
  readonly argv?: readonly string[];
  /** The last word on the exit code of a run that was not interrupted; with the gate's answer, if everything was delivered. */
  readonly finish?: (code: number, verdict: Verdict | undefined) => number;
}

/** The program: wires the process to `main`. The exit code is set on every way out; `verdict` starts as a failure. */
export async function start(
  verdict: { code: number; reached: boolean },
  { argv = process.argv.slice(2), finish = (code) => code }: Start = {},
): Promise<void> {
  const controller = new AbortController();
  let state: string | undefined;
  let judged: Verdict | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      verdict.reached = true;
      if (controller.signal.aborted) {
        if (state !== undefined) process.stderr.write(`release-sentinel: left at once: ${say(state)}\n`);
        process.exit();
      }
      verdict.code = signalCodes[name];
      controller.abort(new Aborted("interrupt", `interrupted by ${name}`, name));
    });
  }
  process.stderr.on("error", () => {});
  process.stdout.on("error", () => {});
  let isAstray = false;
  const stray = (error: unknown) => {
    if (isAstray) return;
    isAstray = true;
    const reason = new Stray(error);
    const failure = failureOf(reason, argv);
    const line = errorLine(failure, wishes(argv).logFormat, mask);
    asMasked(() => process.stderr.write(line));
    if (!controller.signal.aborted) verdict.code = failure.exitCode;
    verdict.reached = true;
    // What is held is let go, as when the process is interrupted; what does not end by itself is left.
    controller.abort(reason);
    setTimeout(() => process.exit(), strayMs);
  };
  process.on("uncaughtException", stray);
  process.on("unhandledRejection", stray);
  guardStreams(mask, process.env);
  const terminal = { stdout: process.stdout, stderr: process.stderr };
  const code = await main({
    argv,
    env: process.env,
    cwd: currentFolder(),
    terminal,
    signal: controller.signal,
    leaving(text) {
      state = text;
    },
    judged(answer) {
      judged = answer;
    },
  });
  // Being interrupted is the last word, even where an answer came just before.
  if (!controller.signal.aborted) verdict.code = finish(code, judged);
  verdict.reached = true;
  await drained(process.stderr);
  process.exit();
}

/** A folder that has been deleted under our feet has no name; git will say that there is no repository. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return process.env["PWD"] ?? "/";
  }
}
