import { setMaxListeners } from "node:events";
import { catalogue } from "../checks/index.ts";
import type { NamedRef } from "../clients/ci.ts";
import type { EnvReader, Readers } from "../clients/readers.ts";
import { readConfig, type Surroundings } from "../config/configuration.ts";
import type { CheckSettings, ConfigFile } from "../config/file.ts";
import type { PolicyFiles } from "../config/files.ts";
import { environmentNames } from "../config/normalise.ts";
import { secretsOf } from "../config/plugins.ts";
import { invalid } from "../config/problem.ts";
import { monotonicMs } from "../core/clock.ts";
import { SentinelError } from "../core/errors.ts";
import type { Emit } from "../core/event.ts";
import { Secrets } from "../core/mask.ts";
import type { Policy } from "../core/policy.ts";
import type { Target } from "../core/target.ts";
import { printable } from "../core/text.ts";
import type { Verdict } from "../core/verdict.ts";
import { check } from "../flows/check.ts";
import { Doors } from "../gate/attempt.ts";
import type { Alert } from "../notify/alert.ts";
import { type ChannelConfig, channelsFrom } from "../notify/channels.ts";
import { createBook } from "./book.ts";
import { type Clients, createClients } from "./clients.ts";
import { inTime, withLimit } from "./in-time.ts";
import type { AroundGate, Job, JobRequest } from "./job.ts";
import { createMatcher } from "./matcher.ts";
import { type Question, selectPolicy } from "./plan.ts";
import type { ReleaseAnswer, ReleaseRequest } from "./release.ts";
import type { GateRequest, PreflightRequest } from "./request.ts";
import { openRun, type Run } from "./run.ts";
import { sections } from "./sections.ts";

export interface SentinelOptions {
  /** The folder that is judged; its repository is found from here. Default: the current one. */
  readonly cwd?: string;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Hears of everything that happens. */
  readonly emit?: Emit;
  /** Written into the ledger and into tags. */
  readonly toolVersion?: string;
  /** Ends every run early. Its reason is what the run throws. */
  readonly signal?: AbortSignal;
  /** What the caller has asked for by name and checked out here, whatever the CI job is about. */
  readonly named?: NamedRef;
  /** What is already known to be secret. */
  readonly secrets?: Secrets;
}

/** A release with what its gate is asked. */
export type ReleaseGateRequest = Omit<JobRequest, "command"> & ReleaseRequest;

/** One project's gate: the same object for the command line, the library and later the server. */
export interface Sentinel {
  /** What the commands look at the world with; every run has its own git besides. */
  readonly clients: Clients;
  readonly secrets: Secrets;
  /** Is this release safe right now? @throws SentinelError for wrong input */
  check(request: GateRequest): Promise<Verdict>;
  /** Is the environment allowed, and every variable and secret there? */
  env(request: GateRequest): Promise<Verdict>;
  /** Are this host, its tools and the dependencies healthy? */
  preflight(request: PreflightRequest): Promise<Verdict>;
  /**
   * Cuts a release: gate, plan, then step by step; called again, it goes on from what is there.
   * @param around what to do around the gate: show it, write its reports
   * @throws SentinelError for wrong input, and where there is nothing to release from or to
   */
  release(request: ReleaseGateRequest, around?: AroundGate): Promise<ReleaseAnswer>;
  /**
   * Does work that changes the world, with readers, time limit and ledger of its own.
   * @throws SentinelError `out-of-time`; what the work throws
   */
  job<T>(request: JobRequest, work: (job: Job) => Promise<T>): Promise<T>;
  /** Where the ledger ended when it had recorded this verdict, `sha256:…@SEQ`; null where it has not. */
  recordedAt(verdict: Verdict): string | null;
  /**
   * Tells the channels that the environment names, and those of the policy that a verdict of this object was given by, or
   * of a configuration. Never throws; says by events how it went.
   */
  alert(alert: Alert, by?: Verdict | ConfigFile): Promise<void>;
  /** Where configuration is read from, for the commands that show it. */
  surroundings(request: Pick<GateRequest, "config" | "configRef">): Promise<Surroundings>;
  /** Ends what is still open: connections, temporary folders. */
  close(): Promise<void>;
}

export function createSentinel(options: SentinelOptions = {}): Sentinel {
  const {
    cwd = process.cwd(),
    env = process.env,
    emit = () => {},
    toolVersion = "0.0.0",
    signal = new AbortController().signal,
    secrets = new Secrets(),
  } = options;
  setMaxListeners(0, signal);
  const clients = createClients(cwd, env, secrets, options.named);
  const world = { cwd, env, secrets, clients };
  const book = createBook({ cwd, env, readers: clients.readers, secrets, toolVersion, emit, signal });
  const doors = new Doors();
  const matcher = createMatcher();
  /** Runs that commands look into: open until the end. */
  const kept: Run[] = [];
  /** The configuration that a verdict was given by. */
  const configOf = new WeakMap<Verdict, ConfigFile>();

  const around = (files: PolicyFiles, config: string | undefined, signal: AbortSignal): Surroundings => ({
    catalogue,
    sections,
    files,
    start: cwd,
    cwd,
    path: config ?? clients.readers.env.get("RS_CONFIG"),
    signal,
  });

  async function judge(
    question: Question,
    request: GateRequest,
    extra: Record<string, CheckSettings> = {},
  ): Promise<Verdict> {
    const began = monotonicMs();
    const { timeoutMs = gateMs, only = [], skip = [], all = false, failFast = false, breakGlass } = request;
    const target = targetOf(request, clients.readers.ci.pullRequest !== null);
    const own = openRun(world, request.configRef);
    try {
      const { policy, leftOut, loaded } = await inTime(timeoutMs, signal, unread, async (limit) => {
        const selection = { question, environment: target.environment, extra, only, skip };
        return selectPolicy(around(await own.files(), request.config, limit), selection, matcher);
      });
      registerSecrets(policy, own.readers.env);
      const spentMs = monotonicMs() - began;
      const asked = { policy, target, breakGlass, all, failFast, timeoutMs, spentMs };
      const tools = { readers: own.readers, secrets, doors, matcher, emit, signal };
      const verdict = await check({ ...asked, ...tools }, leftOut, request.at !== undefined);
      configOf.set(verdict, loaded.data);
      return verdict;
    } finally {
      await own.close();
    }
  }

  async function job<T>(request: JobRequest, work: (job: Job) => Promise<T>): Promise<T> {
    const began = monotonicMs();
    const { timeoutMs = jobMs, command, environment = "" } = request;
    const { createFiles } = await import("../clients/files.ts");
    const own = openRun(world, request.configRef);
    const limit = withLimit(signal, timeoutMs);
    book.open();
    const read = async () => {
      const surroundings = around(await own.files(), request.config, limit.signal);
      const { loaded, problems } = await readConfig(surroundings);
      if (problems.length > 0) throw invalid(problems);
      return { loaded, files: surroundings.files };
    };
    try {
      return await work({
        ...world,
        env: own.env,
        book,
        files: createFiles(),
        clients: { ...clients, readers: own.readers },
        emit,
        signal: limit.signal,
        deadlineAt: began + timeoutMs,
        async gate(purpose, around = (ask) => ask()) {
          const verdict = await around(async () => {
            const verdict = await judge("check", {
              ...request,
              purpose,
              timeoutMs: Math.min(timeoutMs, request.gateTimeoutMs ?? gateMs),
            });
            if (!request.dryRun) await book.verdict(verdict, command, timeoutMs - (monotonicMs() - began));
            return verdict;
          });
          return { verdict, config: configOf.get(verdict) ?? {} };
        },
        async config() {
          const config = (await read()).loaded?.data ?? {};
          const allowed = environmentNames(config);
          if (request.environment === undefined || allowed.includes(environment)) return config;
          throw new SentinelError(
            "flag-invalid",
            `Invalid environment: ${printable(environment, 100)}`,
            `one of ${allowed.join(", ")}`,
          );
        },
        async ownSteps(environment) {
          const { loadOwnSteps } = await import("../config/own-steps.ts");
          const { loaded, files } = await read();
          return loaded ? loadOwnSteps(loaded, environment, { files, signal: limit.signal }) : [];
        },
      });
    } catch (error) {
      throw limit.explain(error);
    } finally {
      limit.clear();
      await own.close();
    }
  }

  return {
    clients,
    secrets,
    async check(request) {
      book.open();
      const began = monotonicMs();
      const verdict = await judge("check", request);
      await book.verdict(verdict, "check", (request.timeoutMs ?? gateMs) - (monotonicMs() - began));
      return verdict;
    },
    recordedAt: book.anchorOf,
    env: (request) => judge("env", request),
    preflight: (request) => judge("preflight", request, flagged(request)),
    async release(request, around) {
      const { runRelease } = await import("./release.ts");
      return job({ ...request, command: "release" }, (work) =>
        runRelease({ ...work, gate: () => work.gate("release", around) }, request),
      );
    },
    job,
    async alert(alert, by) {
      const { sendAlerts } = await import("../notify/send.ts");
      const config = by && "findings" in by ? configOf.get(by) : by;
      const named = (config?.alerts ?? []) as unknown as readonly ChannelConfig[];
      const ready = channelsFrom(named, clients.readers.env);
      // Who alerts although it was interrupted means it.
      const until = signal.aborted ? AbortSignal.timeout(lateAlertMs) : signal;
      await sendAlerts(secrets.maskDeep(alert), ready, clients.http, until, emit);
    },
    async surroundings(request) {
      const own = openRun(world, request.configRef);
      kept.push(own);
      return around(await own.files(), request.config, signal);
    },
    async close() {
      clients.close();
      await book.close();
      await Promise.all(kept.map((run) => run.close()));
    },
  };
}

const gateMs = 60_000;
const lateAlertMs = 5000;
const jobMs = 10 * 60_000;

const unread = "the policy could not be read";

/** @throws SentinelError `plugin-invalid` when a check cannot say which variables are its secrets */
function registerSecrets({ checks }: Policy<Readers>, env: EnvReader): void {
  for (const { name, check, options } of checks) {
    for (const variable of secretsOf(name, check, options)) {
      try {
        env.secret(variable);
      } catch {
        // The check that needs it says what is wrong with its file.
      }
    }
  }
}

function targetOf(request: GateRequest, isPullRequest: boolean): Target {
  const at = request.at === undefined ? new Date() : new Date(request.at);
  if (Number.isNaN(at.getTime()))
    throw new SentinelError("flag-invalid", "at: not a time", "write it as 2026-12-24T18:00");
  return {
    environment: request.environment ?? "",
    version: request.version,
    purpose: request.purpose ?? (isPullRequest ? "pull-request" : "release"),
    at: at.toISOString(),
  };
}

function flagged({ urls = [], processes = [], tools = [] }: PreflightRequest): Record<string, CheckSettings> {
  const numbered = (base: string, uses: string, option: string, values: readonly string[]) =>
    values.map((value, i) => [i === 0 ? base : `${base}-${i + 1}`, { uses, [option]: value }] as const);
  return Object.fromEntries([
    ...numbered("process", "host.process", "name", processes),
    ...numbered("tool", "host.tool", "name", tools),
    ...numbered("url", "http", "url", urls),
  ]);
}
