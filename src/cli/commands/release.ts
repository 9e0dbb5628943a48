import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { errorAlert, outcomeAlert } from "../../app/alert.ts";
import type { ReleaseAnswer } from "../../app/release.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable, shellWord } from "../../core/text.ts";
import { readPlan, type SavedPlan } from "../../flows/release/saved-plan.ts";
import { jsonText } from "../../gate/report/words.ts";
import type { Context } from "../context.ts";
import { requestOf, throughGate } from "../judge.ts";
import { logEvent, logOutcome } from "../logging.ts";
import { isNews } from "../news.ts";
import type { ReleaseOptions } from "../options.ts";
import { deliverOutcome, deliverText } from "../outcome-json.ts";
import { createReleaseView } from "../release-view.ts";
import { writeReportFile } from "../report-file.ts";

export async function run(context: Context, options: ReleaseOptions): Promise<number> {
  const saved = options.plan === undefined ? undefined : loadPlan(context, options, options.plan);
  return cut(context, options, saved);
}

/** `release plan`: what a release would do, saved for `release --plan`. */
export async function plan(context: Context, options: ReleaseOptions): Promise<number> {
  if (options.output === "-" && (options.json || options.format === "json")) {
    throw new SentinelError(
      "flag-invalid",
      "-o - goes without --json: both would write to stdout",
      "leave one out",
    );
  }
  return cut(context, { ...options, dryRun: true }, undefined);
}

async function cut(context: Context, options: ReleaseOptions, saved: SavedPlan | undefined): Promise<number> {
  const { sentinel, toolVersion } = context;
  const asked = target(context, options, saved);
  const request = {
    ...requestOf(context, { ...options, only: [], skip: [], for: "release" }),
    ...asked,
    gateTimeoutMs: options.timeout,
    scope: saved?.scope ?? (options.tag ? ("tag" as const) : ("release" as const)),
    allowWarnings: saved?.allowWarnings ?? options.allowWarnings ?? false,
    dryRun: options.dryRun ?? false,
    assets: saved?.patterns ?? options.asset,
    // What was built is not in the clone that --repo made.
    home: context.folder === context.cwd ? undefined : context.cwd,
    plan: saved,
    resume: resumeCommand(options, asked),
    toolVersion,
  };
  const view = context.interactive && !options.quiet ? createReleaseView(context) : undefined;
  let reported = true;
  try {
    const answer = await sentinel.release(request, async (ask) => {
      const gate = await throughGate(context, options, ask);
      reported = gate.reported;
      // The live view is the gate's; what comes after it is told as it happens.
      context.listen(view ? view.handle : logEvent);
      return gate.verdict;
    });
    const { outcome } = answer;
    if (outcome.verdict.exitCode === 0) view ? view.end(outcome) : logOutcome(outcome);
    const unwritten = await deliver(context, options, answer);
    if (context.env["GITHUB_ACTIONS"] === "true") {
      (await import("../github.ts")).publishRelease(context, outcome);
    }
    // Who interrupts knows of it.
    if (outcome.exitCode !== 0 && !options.dryRun && !context.signal.aborted)
      await sentinel.alert(outcomeAlert(outcome, sentinel.clients.readers, toolVersion), outcome.verdict);
    for (const failure of unwritten) context.fail(failure);
    return reported && unwritten.length === 0 ? outcome.exitCode : outcome.exitCode || 2;
  } catch (error) {
    if (error instanceof SentinelError && isNews(error, options)) {
      await sentinel.alert(errorAlert(error, asked, sentinel.clients.readers, toolVersion));
    }
    throw error;
  }
}

/** What is released where: by flags, the environment, or the plan; a flag that contradicts the plan is a mistake. */
function target(
  { env }: Context,
  options: ReleaseOptions,
  saved: SavedPlan | undefined,
): { environment: string; version: string } {
  for (const name of ["env", "version"] as const) {
    const planned = name === "env" ? saved?.environment : saved?.version;
    const given = options[name];
    if (planned !== undefined && given !== undefined && given !== planned) {
      throw new SentinelError(
        "flag-invalid",
        `--${name} ${printable(given, 100)} contradicts the plan, which is for ${printable(planned, 100)}`,
        `leave --${name} out, or make another plan`,
      );
    }
  }
  const environment = saved?.environment ?? options.env ?? env["ENV"];
  const version = saved?.version ?? options.version ?? env["VERSION"];
  const missing = [
    ...(environment ? [] : ["--env (or ENV)"]),
    ...(version ? [] : ["--version (or VERSION)"]),
  ];
  if (!environment || !version) {
    throw new SentinelError(
      "flag-invalid",
      `${missing.join(" and ")} missing`,
      "for example: release-sentinel release --env prod --version v1.4.2",
    );
  }
  if (!/^[\w@][\w.+@/-]*$/.test(version) || version.includes("..")) {
    throw new SentinelError(
      "flag-invalid",
      `Invalid version format: ${printable(version, 100)}`,
      "a tag of this name cannot be made: write it as vX.Y.Z, or pkg@X.Y.Z for one of several packages",
    );
  }
  return { environment, version };
}

function loadPlan({ cwd }: Context, options: ReleaseOptions, path: string): SavedPlan {
  const other = options.tag ? "--tag" : options.allowWarnings ? "--allow-warnings" : undefined;
  if (other !== undefined || options.asset.length > 0) {
    throw new SentinelError(
      "flag-invalid",
      `${other ?? "--asset"} does not go with --plan`,
      "the plan says what is done: give the flag to `release plan`",
    );
  }
  try {
    return readPlan(readFileSync(resolve(cwd, path), "utf8"), path);
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    throw new SentinelError(
      "plan-unusable",
      `${printable(path, 200)}: cannot be read (${cause})`,
      "make it first: release-sentinel release plan -o FILE",
    );
  }
}

/** The same command again, without what does not change the answer. */
function resumeCommand(
  options: ReleaseOptions,
  { environment, version }: { environment: string; version: string },
): string {
  const words = [
    ...(options.plan === undefined ? ["--env", environment, "--version", version] : ["--plan", options.plan]),
    ...(options.tag ? ["--tag"] : []),
    ...(options.allowWarnings ? ["--allow-warnings"] : []),
    ...options.asset.flatMap((asset) => ["--asset", asset]),
    ...(options.repo === undefined ? [] : ["--repo", options.repo]),
    ...(options.ref === undefined ? [] : ["--ref", options.ref]),
    ...(options.timeout === undefined ? [] : ["--timeout", `${options.timeout}ms`]),
    ...(options.config === undefined ? [] : ["--config", options.config]),
    ...(options.configRef === undefined ? [] : ["--config-ref", options.configRef]),
    ...(options.breakGlass ? ["--break-glass", "--reason", options.reason ?? ""] : []),
  ];
  return `release-sentinel release ${words.map(shellWord).join(" ")}`;
}

/** Saves the plan, prints what was asked for; answers what could not be written. */
async function deliver(
  context: Context,
  options: ReleaseOptions,
  { outcome, plan: made }: ReleaseAnswer,
): Promise<readonly SentinelError[]> {
  const unwritten: SentinelError[] = [];
  const { output } = options;
  if (output !== undefined && made !== null && outcome.exitCode === 0) {
    const text = jsonText(made);
    if (output === "-") unwritten.push(...(await deliverText(context, text)));
    else unwritten.push(...writeReportFile(context.cwd, output, text));
  }
  return [...unwritten, ...(await deliverOutcome(context, options, outcome))];
}
