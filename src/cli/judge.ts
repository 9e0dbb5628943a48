import { resolve } from "node:path";
import type { GateRequest } from "../app/request.ts";
import { monotonicMs } from "../core/clock.ts";
import { SentinelError } from "../core/errors.ts";
import type { SentinelEvent } from "../core/event.ts";
import { isMoment, printable } from "../core/text.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Context } from "./context.ts";
import type { LiveView } from "./live.ts";
import { logEvent } from "./logging.ts";
import type { Format, GateOptions } from "./options.ts";
import { widthOf, writeOut } from "./terminal.ts";

/** Flags and environment as a request. */
export function requestOf(context: Context, options: GateOptions): GateRequest {
  const { env } = context;
  if (options.breakGlass && !options.reason?.trim()) {
    throw new SentinelError(
      "flag-invalid",
      "--break-glass needs --reason",
      "say why: --break-glass --reason 'INC-123: rollback of a broken release'",
    );
  }
  if (options.reason !== undefined && !options.breakGlass) {
    throw new SentinelError(
      "flag-invalid",
      "--reason goes with --break-glass",
      "add --break-glass, or leave --reason out",
    );
  }
  const paths = options.report.map(({ path }) => resolve(context.cwd, path));
  // Devices take any number.
  const twice = options.report.find(
    (_, i) => !paths[i]?.startsWith("/dev/") && paths.indexOf(paths[i] ?? "") !== i,
  );
  if (twice) {
    throw new SentinelError(
      "flag-invalid",
      `two reports would be written to ${printable(twice.path, 200)}`,
      "give each --report a file of its own",
    );
  }
  return {
    environment: options.env ?? (env["ENV"] || undefined),
    version: options.version ?? (env["VERSION"] || undefined),
    purpose: options.for,
    at: options.at === undefined ? undefined : moment(options.at),
    config: options.config,
    configRef: options.configRef,
    timeoutMs: options.timeout,
    all: options.all,
    failFast: options.failFast,
    only: options.only,
    skip: options.skip,
    breakGlass: options.breakGlass ? options.reason : undefined,
  };
}

function moment(text: string): string {
  if (isMoment(text)) return new Date(text).toISOString();
  throw new SentinelError(
    "flag-invalid",
    `--at ${printable(text, 100)} is not a time`,
    "write it as 2026-12-24T18:00, or with an offset: 2026-12-24T18:00+01:00",
  );
}

/**
 * Runs a judgement with everything around it: log or live view, reports, GitHub's files, and whoever else is told.
 * A report that cannot be written is said last, when everything else is delivered. Answers the exit code.
 */
export async function judge(
  context: Context,
  options: GateOptions,
  ask: () => Promise<Verdict>,
  tell: (verdict: Verdict) => Promise<void> = async () => {},
): Promise<number> {
  const live = context.interactive && !options.quiet ? new LateView(context) : undefined;
  const github = context.env["GITHUB_ACTIONS"] === "true" ? await import("./github.ts") : undefined;
  context.listen((event: SentinelEvent) => {
    if (event.type === "run.started") github?.maskSecrets(context);
    if (live) live.handle(event);
    else logEvent(event);
  });
  let verdict: Verdict;
  try {
    verdict = await ask();
  } finally {
    live?.stop();
    context.listen(logEvent);
  }
  const format = options.json ? "json" : options.format;
  const failures = await writeReports(context, options, verdict, format);
  if (context.interactive && !format && !(options.quiet && verdict.exitCode === 0)) {
    const { render } = await import("../gate/report/index.ts");
    const width = widthOf(context.terminal.stderr);
    context.say(render("pretty", verdict, { color: context.color, width, toolVersion: context.toolVersion }));
  }
  const exitCode = failures.length > 0 ? verdict.exitCode || 2 : verdict.exitCode;
  await github?.publish(context, { ...verdict, exitCode }, failures);
  await tell(verdict);
  for (const failure of failures) context.fail(failure);
  if (failures.length === 0) context.judged(verdict);
  return exitCode;
}

/** The live view, loaded while the checks already run: what happens before it is there is shown when it is. */
class LateView {
  #early: SentinelEvent[] = [];
  #view: LiveView | undefined;
  #stopped = false;

  constructor(context: Context) {
    void this.#load(context);
  }

  async #load({ terminal, color }: Context): Promise<void> {
    const [{ createLiveView }, { createLogUpdate }] = await Promise.all([
      import("./live.ts"),
      import("log-update"),
    ]);
    if (this.#stopped) return;
    this.#view = createLiveView({
      stream: terminal.stderr,
      color,
      now: monotonicMs,
      createLogUpdate,
    });
    for (const event of this.#early) this.#view.handle(event);
  }

  handle(event: SentinelEvent): void {
    if (this.#view) this.#view.handle(event);
    else this.#early.push(event);
  }

  stop(): void {
    this.#stopped = true;
    this.#view?.stop();
  }
}

/** Writes every report, whatever becomes of the others; answers what went wrong. */
async function writeReports(
  context: Context,
  options: GateOptions,
  verdict: Verdict,
  format: Format | undefined,
): Promise<readonly SentinelError[]> {
  if (options.report.length === 0 && !format) return [];
  const { render } = await import("../gate/report/index.ts");
  const rendering = { color: false, width: 100, toolVersion: context.toolVersion };
  const { writeReportFile } = await import("./report-file.ts");
  const failures = options.report.flatMap(({ format: kind, path }) =>
    writeReportFile(context.cwd, path, render(kind, verdict, rendering)),
  );
  if (!format) return failures;
  const color = format === "pretty" && context.terminal.stdout.isTTY === true && context.color;
  const text = render(format, verdict, { ...rendering, color });
  const unwritten = await writeOut(context.terminal.stdout, text).then(
    () => [],
    (error: SentinelError) => [error],
  );
  return [...failures, ...unwritten];
}

/**
 * The gate of a larger command, with its own view and reports; with --json, stdout is kept for the outcome, which holds the verdict.
 * Not `reported`: a report could not be written, which has been said.
 */
export async function throughGate(
  context: Context,
  { json, format, ...options }: GateOptions,
  ask: () => Promise<Verdict>,
): Promise<{ readonly verdict: Verdict; readonly reported: boolean }> {
  const forOutcome = json || format === "json" || format === undefined;
  const seen: Verdict[] = [];
  const exitCode = await judge(context, forOutcome ? options : { ...options, format }, async () => {
    const verdict = await ask();
    seen.push(verdict);
    return verdict;
  });
  const [verdict] = seen;
  if (!verdict) throw new SentinelError("internal", "the gate gave no verdict");
  return { verdict, reported: exitCode === verdict.exitCode };
}
