import { resolve } from "node:path";
import { errorAlert, outcomeAlert } from "../app/alert.ts";
import { type DeployAnswer, type DeployAsked, runDeploy } from "../app/deploy.ts";
import { SentinelError } from "../core/errors.ts";
import { shellWord } from "../core/text.ts";
import type { DeployCommand, DeployEnd, DeployOutcome } from "../flows/apply/outcome.ts";
import type { Context } from "./context.ts";
import type { DeployOptions } from "./deploy-options.ts";
import { createDeployView } from "./deploy-view.ts";
import { requestOf, throughGate } from "./judge.ts";
import { isNews } from "./news.ts";
import { deliverOutcome } from "./outcome-json.ts";

/** A deploy ends by limits of its own: this is only for what hangs. */
const longestMs = 24 * 3_600_000;

export interface Meant {
  readonly command: DeployCommand;
  readonly environment: string;
  /** What is put there, as it was asked for. */
  readonly version: string;
}

/** @throws SentinelError `flag-invalid` */
export function environmentOf({ env }: Context, options: DeployOptions, example: string): string {
  const environment = options.env ?? env["ENV"];
  if (environment) return environment;
  throw new SentinelError("flag-invalid", "--env (or ENV) missing", `for example: ${example}`);
}

/** `apply`, `rollback` and `pin`: gate, view, reports, alerts. Answers the exit code. */
export async function deploy(context: Context, options: DeployOptions, meant: Meant): Promise<number> {
  const { sentinel, toolVersion } = context;
  const { readers } = sentinel.clients;
  const { reason, report = [], ...gateOptions } = options;
  const glass = options.breakGlass && reason !== undefined ? { reason } : {};
  const gate = requestOf(context, { ...gateOptions, ...glass, report, only: [], skip: [], for: "deploy" });
  const asked = askedOf(context.cwd, options, meant);
  const view = createDeployView(context, options);
  const job = {
    ...gate,
    ...meant,
    dryRun: asked.dryRun,
    timeoutMs: longestMs,
    gateTimeoutMs: options.timeout,
  };
  let answer: DeployAnswer;
  let reported = true;
  try {
    answer = await sentinel.job(job, (work) => {
      context.listen(view.handle);
      return runDeploy(work, asked, {
        async around(ask) {
          const gate = await throughGate(context, { ...options, report }, ask);
          reported = gate.reported;
          context.listen(view.handle);
          return gate.verdict;
        },
        planned: view.planned,
        leaving: context.leaving,
      });
    });
  } catch (error) {
    if (error instanceof SentinelError && isNews(error, options))
      await sentinel.alert(errorAlert(error, meant, readers, toolVersion));
    throw error;
  }
  const { outcome, config } = answer;
  view.end(outcome);
  const unwritten = await deliverOutcome(context, options, outcome);
  if (context.env["GITHUB_ACTIONS"] === "true") await publish(context, outcome);
  if (isAlarming(context, asked, outcome))
    await sentinel.alert(outcomeAlert(outcome, readers, toolVersion), outcome.verdict ?? config);
  for (const failure of unwritten) context.fail(failure);
  return reported && unwritten.length === 0 ? outcome.exitCode : outcome.exitCode || 2;
}

/** Left behind like this, a place needs somebody, whoever has interrupted what. */
const unwell: ReadonlySet<DeployEnd> = new Set(["roll-back-failed", "lock-lost", "unproven", "unrecorded"]);

/** Who interrupts knows of it. */
function isAlarming(
  { signal }: Context,
  { dryRun }: DeployAsked,
  { exitCode, outcome }: DeployOutcome,
): boolean {
  return exitCode !== 0 && !dryRun && (!signal.aborted || unwell.has(outcome));
}

function askedOf(cwd: string, options: DeployOptions, meant: Meant): DeployAsked {
  const { driver, manifest, context, namespace, name, serverSide, to, image } = options;
  return {
    ...meant,
    ...{ driver, context, namespace, name, serverSide, to, image },
    kustomize: options.kustomize === undefined ? undefined : resolve(cwd, options.kustomize),
    manifests: manifest,
    dryRun: options.dryRun ?? false,
    allowWarnings: options.allowWarnings ?? false,
    noWayBack: options.wayBack === false,
    reason: options.reason,
    lockWaitMs: options.waitLock,
    waitMs: options.wait,
    watchMs: options.watch,
    timeoutMs: options.timeout,
    serviceUrl: options.serviceUrl,
    verdictFile: options.verdict,
    verdictKey: options.verdictKey,
    resume: commandLine(meant, options),
    undo: undoLine(meant, options),
  };
}

/** The same command again, without what does not change the answer. */
function commandLine({ command, environment, version }: Meant, options: DeployOptions): string {
  const words = [
    ...["--env", environment],
    ...(command === "apply" ? ["--version", version] : []),
    ...flag("--to", options.to),
    ...flag("--image", options.image),
    ...placeWords(options),
    ...(options.manifest ?? []).flatMap((file) => ["--manifest", file]),
    ...flag("--kustomize", options.kustomize),
    ...(options.serverSide ? ["--server-side"] : []),
    ...(options.allowWarnings ? ["--allow-warnings"] : []),
    ...(options.wayBack === false ? ["--no-way-back"] : []),
    ...(options.breakGlass ? ["--break-glass"] : []),
    ...flag("--reason", options.reason),
    ...flag("--verdict", options.verdict),
    ...flag("--verdict-key", options.verdictKey),
    ...flag("--wait", inMs(options.wait)),
    ...flag("--wait-lock", inMs(options.waitLock)),
    ...flag("--watch", inMs(options.watch)),
    ...flag("--timeout", inMs(options.timeout)),
  ];
  return `release-sentinel ${command} ${words.map(shellWord).join(" ")}`;
}

function undoLine({ environment }: Meant, options: DeployOptions): string {
  return `release-sentinel rollback ${["--env", environment, ...placeWords(options)].map(shellWord).join(" ")}`;
}

function placeWords(options: DeployOptions): readonly string[] {
  return [
    ...flag("--driver", options.driver),
    ...flag("--context", options.context),
    ...flag("--namespace", options.namespace),
    ...flag("--name", options.name),
    ...flag("--service-url", options.serviceUrl),
    ...flag("--config", options.config),
    ...flag("--config-ref", options.configRef),
  ];
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, value];
}

function inMs(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms}ms`;
}

async function publish(context: Context, outcome: DeployOutcome): Promise<void> {
  const { exitCode, message, reasons, resume, byHand, running, verdict } = outcome;
  const { publishEnd } = await import("./github.ts");
  publishEnd(context, {
    exitCode,
    message,
    annotated: verdict === null || verdict.exitCode === 0,
    remedy: resume ?? reasons[0]?.remedy,
    lines: [message, ...reasons.flatMap(({ remedy }) => remedy ?? []), ...byHand],
    outputs: { deploy: outcome.outcome, running: running ?? "" },
  });
}
