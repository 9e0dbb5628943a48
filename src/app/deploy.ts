import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { addUrlPassword } from "../clients/env.ts";
import { holderId } from "../clients/host/holder.ts";
import type { ConfigFile } from "../config/file.ts";
import { parseDuration } from "../config/schema.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import type { Run } from "../deploy/driver.ts";
import type { DeploySettings, DriverName } from "../deploy/settings.ts";
import { type Admission, apply } from "../flows/apply/apply.ts";
import type { DeployCommand, DeployOutcome } from "../flows/apply/outcome.ts";
import { isPinned, pinning } from "../flows/apply/pin.ts";
import { rollback } from "../flows/apply/rollback.ts";
import type { DeployRun } from "../flows/apply/run.ts";
import type { Place, Survey } from "../flows/apply/survey.ts";
import type { LedgerEvent } from "../ledger/entry.ts";
import { defaultRequired, type LedgerSettings } from "../ledger/settings.ts";
import { openDriver } from "./deploy-drivers.ts";
import { type LookFlags, looksFor } from "./deploy-looks.ts";
import { admissionBy } from "./deploy-verdict.ts";
import { withLimit } from "./in-time.ts";
import type { AroundGate, Job } from "./job.ts";

/** What is put where, as flags say it. Whatever is missing says the configuration. */
export interface DeployAsked extends LookFlags {
  readonly command: DeployCommand;
  readonly environment: string;
  /** Of `apply`. */
  readonly version: string;
  /** `rollback`: version, revision or digest. */
  readonly to?: string | undefined;
  /** `pin`: `name@sha256:…`. */
  readonly image?: string | undefined;
  readonly driver?: DriverName | undefined;
  /** Files and folders from the current folder; `-` is standard input. */
  readonly manifests?: readonly string[] | undefined;
  readonly kustomize?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly serverSide?: boolean | undefined;
  readonly dryRun: boolean;
  readonly allowWarnings: boolean;
  readonly noWayBack: boolean;
  readonly reason?: string | undefined;
  /** Milliseconds. */
  readonly lockWaitMs?: number | undefined;
  readonly waitMs?: number | undefined;
  /** Of the whole run; a roll back is not cut short by it. */
  readonly timeoutMs?: number | undefined;
  /** A signed verdict that stands for the gate, and the public key to verify it with. */
  readonly verdictFile?: string | undefined;
  readonly verdictKey?: string | undefined;
  /** The same command again, and the one that goes back, ready to type. */
  readonly resume: string;
  readonly undo: string;
}

/** Hears how it goes. */
export interface DeployListener {
  readonly around: AroundGate;
  planned(found: Survey): void;
  leaving(state: string): void;
}

export interface DeployAnswer {
  readonly outcome: DeployOutcome;
  readonly config: ConfigFile;
}

const waitMs = 5 * 60_000;
const lockTtlMs = 2 * 60_000;
const pollMs = 1000;
/** What a run may take besides what it is told to wait for. */
const otherwiseMs = 10 * 60_000;

/** Wires a deploy together: the configuration, the verdict, the driver, what looks at it, the ledger. @throws SentinelError */
export async function runDeploy(
  job: Job,
  asked: DeployAsked,
  listener: DeployListener,
): Promise<DeployAnswer> {
  // The command that goes on is printed with it.
  if (asked.serviceUrl !== undefined) addUrlPassword(asked.serviceUrl, job.secrets);
  let limit: ReturnType<typeof withLimit> | undefined;
  let config: ConfigFile = {};
  let settings: DeploySettings = {};
  const deadline = new AbortController();

  /** From here on it is known how long it may take. */
  function settle(read: ConfigFile): void {
    config = read;
    settings = withFlags(sectionFor<DeploySettings>(read, asked.environment, "deploy"), asked);
    const own = withLimit(new AbortController().signal, asked.timeoutMs ?? longestOf(settings, asked));
    own.signal.addEventListener("abort", () => deadline.abort(own.signal.reason), { once: true });
    limit = own;
  }

  const startedAt = new Date().toISOString();
  // Asked now, and awaited when the gate has judged.
  const actor = actorIn(job);
  const run = async (): Promise<DeployRun> =>
    runOf(job, asked, settings, { listener, deadline: deadline.signal, actor: await actor });
  const open = async (commit: string | null): Promise<Place> => {
    if (!asked.dryRun) await mayRecord(job, asked.environment, config);
    return placeOf(job, asked, settings, { config, commit, actor: await actor });
  };
  try {
    let outcome: DeployOutcome;
    if (asked.command === "rollback") {
      settle(await job.config());
      outcome = await rollback({ ...(await run()), to: asked.to, open: () => open(null) });
    } else {
      const admission = await admit(job, asked, listener, settle);
      outcome = await apply({
        ...(await run()),
        verdict: async () => admission,
        open: () => open(admission.commit),
      });
    }
    if (!asked.dryRun && isWorthKeeping(outcome)) await job.book.note(deployEvent(outcome, startedAt));
    return { outcome, config };
  } catch (error) {
    throw limit ? limit.explain(error) : error;
  } finally {
    limit?.clear();
  }
}

/** Whom the ledger names too. Never throws. */
async function actorIn({ cwd, env, clients: { readers }, signal }: Job): Promise<string | null> {
  try {
    const { actorOf } = await import("./ledger.ts");
    const actor = await actorOf({ cwd, env, readers, signal });
    return actor && printable(actor.name, 200);
  } catch {
    return null;
  }
}

async function admit(
  job: Job,
  asked: DeployAsked,
  { around }: DeployListener,
  settle: (config: ConfigFile) => void,
): Promise<Admission> {
  if (asked.command === "pin") {
    settle(await job.config());
    if (asked.image === undefined || !isPinned(asked.image)) {
      throw new SentinelError(
        "flag-invalid",
        `--image ${printable(asked.image ?? "", 200)} does not name one image for ever`,
        "give its digest: --image NAME@sha256:…",
      );
    }
    return { exitCode: 0, commit: null, verdict: null };
  }
  return admissionBy(job, asked, around, settle);
}

function runOf(
  job: Job,
  asked: DeployAsked,
  settings: DeploySettings,
  {
    listener,
    deadline,
    actor,
  }: { readonly listener: DeployListener; readonly deadline: AbortSignal; readonly actor: string | null },
): DeployRun {
  const { command, environment, dryRun, allowWarnings, noWayBack, reason, resume, undo } = asked;
  const version = command === "pin" ? (asked.image ?? "") : asked.version;
  const what = { apply: `deploy of ${version}`, rollback: "roll back", pin: `pin to ${version}` }[command];
  return {
    ...{ command, environment, version, dryRun, allowWarnings, reason, resume, undo },
    noWayBack: noWayBack || settings.wayBack === "optional",
    limits: {
      waitMs: asked.waitMs ?? ms(settings.wait) ?? waitMs,
      pollMs,
      lockWaitMs: asked.lockWaitMs ?? ms(settings.lock?.wait) ?? 0,
      lockTtlMs: ms(settings.lock?.expires) ?? lockTtlMs,
    },
    claim: {
      holder: holderId(),
      reason: job.secrets.mask(`${what} by ${actor ?? "somebody"}`),
    },
    onInterrupt: settings.onInterrupt ?? "rollback",
    promote: settings.rollouts?.promote ?? "watch",
    emit: job.emit,
    interrupt: job.signal,
    deadline,
    leaving: listener.leaving,
    planned: listener.planned,
  };
}

async function placeOf(
  job: Job,
  asked: DeployAsked,
  settings: DeploySettings,
  {
    config,
    commit,
    actor,
  }: { readonly config: ConfigFile; readonly commit: string | null; readonly actor: string | null },
): Promise<Place> {
  const { command, environment } = asked;
  const repository = await job.clients.readers.git.repository();
  const root = repository.state === "ready" ? repository.root : job.cwd;
  const version = command === "pin" ? (asked.image ?? "") : asked.version;
  const run: Run = {
    id: randomUUID(),
    version,
    commit,
    // It is kept where others read it.
    actor: job.secrets.mask(actor ?? "unknown"),
    startedAt: new Date().toISOString(),
    ...(asked.reason === undefined ? {} : { reason: job.secrets.mask(asked.reason) }),
  };
  const manifests = (asked.manifests ?? []).map((path) => (path === "-" ? path : resolve(job.cwd, path)));
  const configured = (settings.manifests ?? []).map((path) => resolve(root, path));
  const request = {
    ...{ environment, version, run },
    manifests: command === "apply" ? (manifests.length > 0 ? manifests : configured) : [],
    wayBack: settings.wayBack ?? ("required" as const),
    ...(command === "apply" ? {} : { returning: true as const }),
    ...(asked.image === undefined ? {} : { image: asked.image }),
  };
  const limitMs = asked.waitMs ?? ms(settings.wait) ?? waitMs;
  const driver = await openDriver(job, { settings, request, root, waitMs: limitMs });
  const { image } = asked;
  try {
    const looks = await looksFor(job, { ...asked, version, settings, config, run, root, commit });
    return { driver: image === undefined ? driver : pinning(driver, image), run, ...looks };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** @throws SentinelError where a deploy that leaves no trace is not wanted */
async function mayRecord({ book }: Job, environment: string, config: ConfigFile): Promise<void> {
  const { required = defaultRequired } = (config.ledger ?? {}) as LedgerSettings;
  if (!required.includes(environment)) return;
  const error = await book.probe();
  if (error) throw error;
}

/** What the gate has refused has an entry of its own; where all was as wanted, nothing has happened. */
function isWorthKeeping({ target, outcome }: DeployOutcome): boolean {
  return target !== null && outcome !== "already";
}

/** What the ledger keeps of it. */
function deployEvent(
  { environment, version, commit, command, ...outcome }: DeployOutcome,
  startedAt: string,
): LedgerEvent {
  const { verdict: _verdict, outcome: end, ...data } = outcome;
  return { kind: command, command, environment, version, commit, data: { outcome: end, startedAt, ...data } };
}

/** Flags win over the configuration, but for where: what says `prod` is somewhere else is a slip. @throws SentinelError */
function withFlags(settings: Partial<DeploySettings>, asked: DeployAsked): DeploySettings {
  for (const flag of ["context", "namespace"] as const) {
    const [given, configured] = [asked[flag], settings[flag]];
    if (given === undefined || configured === undefined || given === configured) continue;
    throw new SentinelError(
      "target-refused",
      `--${flag} ${printable(given, 100)} is not where ${asked.environment} is: the configuration says ${flag} ${configured}`,
      `leave --${flag} out, or name the environment that is there`,
    );
  }
  const { driver, context, namespace, name, serverSide, manifests = [], kustomize } = asked;
  const given = Object.entries({ driver, context, namespace, name, serverSide }).filter(
    ([, value]) => value !== undefined,
  );
  const { kustomize: folder, manifests: files, ...rest } = settings;
  const what =
    manifests.length > 0
      ? {}
      : kustomize !== undefined
        ? { kustomize }
        : { ...(folder === undefined ? {} : { kustomize: folder }), ...(files ? { manifests: files } : {}) };
  return { ...rest, ...what, ...Object.fromEntries(given) };
}

/** What it is told to wait for, and then some. */
function longestOf({ wait, verify, watch, lock, migrations }: DeploySettings, asked: DeployAsked): number {
  const phases = [...(migrations?.before ?? []), ...(migrations?.after ?? [])];
  const times = [
    asked.waitMs ?? ms(wait) ?? waitMs,
    asked.lockWaitMs ?? ms(lock?.wait),
    asked.watchMs ?? ms(watch?.for),
    ms(verify?.for),
    ...phases.map(({ timeout }) => ms(timeout) ?? waitMs),
  ];
  return times.reduce<number>((sum, time) => sum + (time ?? 0), otherwiseMs);
}

function ms(duration: string | number | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}
