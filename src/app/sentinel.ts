import { setMaxListeners } from "node:events";
import type { Surroundings } from "../config/configuration.ts";
import type { CheckSettings } from "../config/file.ts";
import type { PolicyFiles } from "../config/files.ts";
import { SentinelError } from "../core/errors.ts";
import type { Emit } from "../core/event.ts";
import { Secrets } from "../core/mask.ts";
import type { Purpose, Target } from "../core/target.ts";
import type { Verdict } from "../core/verdict.ts";
import { check } from "../flows/check.ts";
import { Doors } from "../gate/attempt.ts";
import type { Alert } from "../notify/alert.ts";
import { type ChannelConfig, channelsFrom } from "../notify/channels.ts";
import { type Clients, createClients, topFolder, withoutProgramsOf } from "./clients.ts";
import { createMatcher } from "./matcher.ts";
import { catalogue, type Question, type Selected, selectPolicy } from "./plan.ts";
import { type Cleanup, isDistrusted, policySource } from "./policy-source.ts";
import { sections } from "./sections.ts";

export interface SentinelOptions {
  /** The folder that is judged; its repository is found from here. Default: the current one. */
  readonly cwd?: string;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Hears of everything that happens. */
  readonly emit?: Emit;
  /** Ends every run early. Its reason is what the run throws. */
  readonly signal?: AbortSignal;
}

/** What to judge, and how. Everything but the environment has a default. */
export interface GateRequest {
  readonly environment?: string | undefined;
  readonly version?: string | undefined;
  /** Default: `pull-request` when CI says it is one, else `release`. */
  readonly purpose?: Purpose | undefined;
  /** The moment asked about, RFC 3339; default: now. */
  readonly at?: string | undefined;
  /** Configuration file; default: RS_CONFIG, else looked for. */
  readonly config?: string | undefined;
  /** Take the policy from this ref; default: the base of a pull request, else the work tree. */
  readonly configRef?: string | undefined;
  /** Milliseconds for the whole run; default 60,000. */
  readonly timeoutMs?: number | undefined;
  readonly all?: boolean | undefined;
  readonly failFast?: boolean | undefined;
  /** Names or globs of checks. */
  readonly only?: readonly string[] | undefined;
  readonly skip?: readonly string[] | undefined;
  /** The reason for opening what the policy lets break-glass open. */
  readonly breakGlass?: string | undefined;
}

/** What `preflight` asks about besides the policy's health checks. */
export interface PreflightRequest extends GateRequest {
  readonly urls?: readonly string[];
  readonly processes?: readonly string[];
  readonly tools?: readonly string[];
}

/** One project's gate: the same object for the command line, the library and later the server. */
export interface Sentinel {
  readonly clients: Clients;
  readonly secrets: Secrets;
  /** Is this release safe right now? @throws SentinelError for wrong input */
  check(request: GateRequest): Promise<Verdict>;
  /** Is the environment allowed, and every variable and secret there? */
  env(request: GateRequest): Promise<Verdict>;
  /** Are this host, its tools and the dependencies healthy? */
  preflight(request: PreflightRequest): Promise<Verdict>;
  /** Tells the channels of the environment, and of the policy that was last read. Never throws; says by events how it went. */
  alert(alert: Alert): Promise<void>;
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
    signal = new AbortController().signal,
  } = options;
  setMaxListeners(0, signal);
  const secrets = new Secrets();
  let clients = createClients(cwd, env, secrets);
  const doors = new Doors();
  const matcher = createMatcher();
  const cleanup: Cleanup = [];
  let channels: readonly ChannelConfig[] = [];

  const around = (files: PolicyFiles, config: string | undefined): Surroundings => ({
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
    const files = await policyFiles(request);
    const target = targetOf(request, clients.readers.ci.pullRequest !== null);
    const selection = {
      question,
      environment: target.environment,
      extra,
      only: request.only ?? [],
      skip: request.skip ?? [],
    };
    const selected = await selectPolicy(around(files, request.config), selection, matcher);
    registerSecrets(selected);
    channels = (selected.loaded.data.alerts ?? []) as unknown as readonly ChannelConfig[];
    const { timeoutMs = 60_000, all = false, failFast = false, breakGlass } = request;
    const run = {
      policy: selected.policy,
      target,
      readers: clients.readers,
      secrets,
      doors,
      matcher,
      emit,
      signal,
      timeoutMs,
      all,
      failFast,
      breakGlass,
    };
    return check(run, selected.leftOut, request.at === undefined);
  }

  async function policyFiles({ configRef }: Pick<GateRequest, "configRef">): Promise<PolicyFiles> {
    if (isDistrusted(clients.readers, configRef)) {
      // From here on no program of the judged work tree is found by its bare name, git included.
      clients.close();
      clients = createClients(cwd, withoutProgramsOf(topFolder(cwd), env), secrets);
    }
    // Asked first and awaited later: git starts while the configuration is read.
    void clients.readers.git.repository().catch(() => {});
    return policySource(clients.readers, configRef, cleanup);
  }

  function registerSecrets({ policy }: Selected): void {
    for (const { check, options } of policy.checks) {
      for (const name of check.secrets?.(options) ?? []) register(name);
    }
  }

  function register(name: string): void {
    try {
      clients.readers.env.secret(name);
    } catch {
      // The check that needs it says what is wrong with its file.
    }
  }

  return {
    get clients() {
      return clients;
    },
    secrets,
    check: (request) => judge("check", request),
    env: (request) => judge("env", request),
    preflight: (request) => judge("preflight", request, flagged(request)),
    async alert(alert) {
      const { sendAlerts } = await import("../notify/send.ts");
      await sendAlerts(
        secrets.maskDeep(alert),
        channelsFrom(channels, clients.readers.env),
        clients.http,
        signal,
        emit,
      );
    },
    async surroundings(request) {
      return around(await policyFiles(request), request.config);
    },
    async close() {
      clients.close();
      await Promise.all(cleanup.map((clean) => clean()));
    },
  };
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
