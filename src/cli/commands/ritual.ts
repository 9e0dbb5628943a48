import { resolve } from "node:path";
import { errorAlert, outcomeAlert } from "../../app/alert.ts";
import { type RitualAnswer, runRitual } from "../../app/ritual.ts";
import type { RitualAsked } from "../../app/ritual-world.ts";
import { SentinelError } from "../../core/errors.ts";
import { isMoment, printable, shellWord } from "../../core/text.ts";
import type { RitualOutcome } from "../../flows/ritual/outcome.ts";
import { jsonText } from "../../gate/report/words.ts";
import { parseMoment, windowOf } from "../../ritual/window.ts";
import type { Context } from "../context.ts";
import { Stray } from "../failure.ts";
import { isNews } from "../news.ts";
import { deliverOutcome } from "../outcome-json.ts";
import { writeReportFile } from "../report-file.ts";
import type { RitualOptions } from "../ritual-options.ts";
import { createRitualView } from "../ritual-view.ts";

export async function run(context: Context, options: RitualOptions): Promise<number> {
  const { sentinel, toolVersion } = context;
  const { readers } = sentinel.clients;
  const asked = askedOf(context, options);
  mustBeJson(options);
  const { tag, environment, dryRun, resume } = asked;
  const view = createRitualView(context, options);
  const job = {
    command: "ritual",
    environment: environment ?? undefined,
    config: options.config,
    timeoutMs: options.timeout,
    dryRun,
  };
  let answer: RitualAnswer;
  try {
    answer = await sentinel.job(job, (work) => {
      context.listen(view.handle);
      context.leaving(`the ritual of ${printable(tag, 100)} is finished by: ${resume}`);
      return runRitual(work, asked);
    });
  } catch (error) {
    if (error instanceof SentinelError && isNews(error, options) && !dryRun)
      await sentinel.alert(
        errorAlert(error, { environment: environment ?? "", version: tag }, readers, toolVersion),
      );
    throw error;
  }
  const { config } = answer;
  const outcome = withChannels(answer.outcome, options);
  view.end(outcome);
  const unwritten = [
    ...(await deliverOutcome(context, options, outcome)),
    ...options.report.flatMap(({ path }) =>
      writeReportFile(context.cwd, path, jsonText(sentinel.secrets.maskDeep(outcome))),
    ),
  ];
  if (context.env["GITHUB_ACTIONS"] === "true") await publish(context, outcome);
  // Who interrupts knows of it.
  if (outcome.exitCode !== 0 && !dryRun && !isInterrupted(context.signal)) {
    const about = { ...outcome, version: tag, environment: outcome.environment ?? "" };
    await sentinel.alert(outcomeAlert(about, readers, toolVersion), config);
  }
  for (const failure of unwritten) context.fail(failure);
  return unwritten.length > 0 ? outcome.exitCode || 2 : outcome.exitCode;
}

/** What the gate's reports look like is nothing for a ritual. @throws SentinelError `flag-invalid` */
function mustBeJson({ format, report }: RitualOptions): void {
  const wrong = [format, ...report.map((one) => one.format)].find(
    (one) => one !== undefined && one !== "json",
  );
  if (wrong === undefined) return;
  throw new SentinelError(
    "flag-invalid",
    `a ritual has no report in the format ${wrong}`,
    "use json; for people there is VERIFICATION-TAG.md in the release's folder",
  );
}

/** What was said of channels is said again where none of them has had its turn. */
function withChannels(outcome: RitualOutcome, { resend, sent }: RitualOptions): RitualOutcome {
  const { resume, steps } = outcome;
  const isOpen = steps.some(({ name, outcome: what }) => name === "broadcast" && what === "not-reached");
  if (resume === null || !isOpen) return outcome;
  const flags = [...resend.map((name) => ["--resend", name]), ...sent.map((name) => ["--sent", name])];
  return { ...outcome, resume: [resume, ...flags.flat().map(shellWord)].join(" ") };
}

function isInterrupted({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof Stray);
}

function askedOf({ env, cwd, folder, toolVersion }: Context, options: RitualOptions): RitualAsked {
  const tag = options.tag ?? (env["TAG"] || env["VERSION"]);
  if (!tag) {
    throw new SentinelError(
      "flag-invalid",
      "--tag (or TAG, or VERSION) missing",
      "for example: release-sentinel ritual --tag v1.4.2 --dry-run",
    );
  }
  const now = Date.now();
  const { step, time } = fromOf(options.from, now);
  const [start, end] = [
    time ?? (env["RITUAL_FROM"] || undefined),
    options.to ?? (env["RITUAL_TO"] || undefined),
  ];
  const between = { from: start, to: end };
  if (windowOf(between, now) === undefined) {
    throw new SentinelError(
      "flag-invalid",
      `--from ${printable(start ?? "(an hour before)", 100)} --to ${printable(end ?? "now", 100)} is no window of time`,
      "write them as now-1h, 2026-11-21T10:00:00Z or milliseconds since 1970, the earlier one first",
    );
  }
  return {
    tag,
    environment: options.env ?? (env["ENV"] || null),
    rehearsal: options.rehearsal ?? false,
    dryRun: options.dryRun ?? false,
    only: options.only,
    from: step,
    between,
    // What --repo was cloned into is gone afterwards.
    home: folder === cwd ? null : cwd,
    folder: options.folder === undefined ? null : resolve(cwd, options.folder),
    grafanaUrl: options.grafanaUrl ?? null,
    dashboardUid: options.dashboardUid ?? null,
    verdictFile: options.verdict === undefined ? null : resolve(cwd, options.verdict),
    resend: options.resend,
    sent: options.sent,
    resume: commandLine(tag, options),
    toolVersion,
  };
}

/** `--from` names a step or a time; both may be given. */
function fromOf(given: readonly string[], now: number): { step?: string; time?: string } {
  const times = given.filter((word) => parseMoment(word, now) !== undefined);
  const steps = given.filter((word) => !times.includes(word));
  if (times.length > 1 || steps.length > 1) {
    throw new SentinelError(
      "flag-invalid",
      `--from is given ${given.length} times`,
      "give it once with a step's name, and once with a time",
    );
  }
  const [step] = steps;
  const [time] = times;
  if (step !== undefined && isMoment(step)) {
    throw new SentinelError(
      "flag-invalid",
      `--from ${printable(step, 100)} does not say which time zone that is`,
      `write it with an offset: ${printable(step, 100)}Z, or +01:00 in the place of Z`,
    );
  }
  return { ...(step === undefined ? {} : { step }), ...(time === undefined ? {} : { time }) };
}

/** The same command again, without what is done or was said about one moment. */
function commandLine(tag: string, options: RitualOptions): string {
  const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  const words = [
    ...["--tag", tag],
    ...flag("--env", options.env),
    ...(options.rehearsal ? ["--rehearsal"] : []),
    ...options.only.flatMap((step) => ["--only", step]),
    ...options.from.flatMap((from) => ["--from", from]),
    ...flag("--to", options.to),
    ...flag("--grafana-url", options.grafanaUrl),
    ...flag("--dashboard-uid", options.dashboardUid),
    ...flag("--folder", options.folder),
    ...flag("--verdict", options.verdict),
    ...flag("--repo", options.repo),
    ...flag("--ref", options.ref),
    ...flag("--config", options.config),
    ...(options.timeout === undefined ? [] : ["--timeout", `${Math.round(options.timeout)}ms`]),
  ];
  return `release-sentinel ritual ${words.map(shellWord).join(" ")}`;
}

async function publish(context: Context, outcome: RitualOutcome): Promise<void> {
  const { exitCode, message, reasons, resume, url, tag, folder, steps } = outcome;
  const { publishEnd } = await import("../github.ts");
  publishEnd(context, {
    exitCode,
    message,
    remedy: resume ?? reasons[0]?.remedy,
    lines: [
      message,
      ...steps.map(({ name, outcome: what, message: said }) => `${name}: ${what}: ${said}`),
      ...reasons.flatMap(({ remedy }) => remedy ?? []),
      ...(resume === null ? [] : [resume]),
    ],
    link: url,
    outputs: { ritual: outcome.outcome, tag, "release-url": url ?? "", "ritual-folder": folder ?? "" },
  });
}
