import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LedgerStore } from "../clients/ledger/store.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { count, printable } from "../core/text.ts";
import { deploysOf, type PastDeploy } from "../flows/watch/past.ts";
import { entriesOf } from "../ledger/query.ts";
import { type Backtest, backtest, unrecorded } from "../watch/backtest/replay.ts";
import type { Stretch } from "../watch/backtest/stretch.ts";
import type { WatchPolicy } from "../watch/policy.ts";
import { asReceipt } from "../watch/receipt.ts";
import { NotARecording, stretchOfReceipt, stretchOfRecording } from "../watch/recordings.ts";
import type { WatchSettings } from "../watch/settings.ts";
import { policyFrom, queriesFrom } from "../watch/settings-policy.ts";
import { createSource } from "../watch/sources/index.ts";
import { rangeNeeded } from "../watch/state.ts";
import { begin } from "../watch/step.ts";
import { minuteMs } from "../watch/time.ts";
import type { SignalQuery, Source } from "../watch/types.ts";
import type { Job } from "./job.ts";
import { sourceFrom } from "./watch-source.ts";

export interface BacktestRequest {
  readonly environment: string;
  /** A folder, or one of the two words. */
  readonly from: "ledger" | "prometheus" | { readonly folder: string };
  /** Milliseconds since 1970: only what was deployed from then on. */
  readonly since: number;
  /** The ledger that deploys are looked up in; null where there is none. */
  readonly store: LedgerStore | null;
}

export interface BacktestAnswer extends Backtest {
  readonly policyDigest: string;
  /** What was left out, and why. */
  readonly notices: readonly string[];
}

/** Past deploys, and stretches without one, watched again by the policy of the job's configuration. @throws SentinelError */
export async function runBacktest(job: Job, request: BacktestRequest): Promise<BacktestAnswer> {
  const { environment, from } = request;
  const settings = sectionFor<WatchSettings>(await job.config(), environment, "watch");
  const policy = policyFrom(settings);
  const notices: string[] = [];
  const deploys = request.store ? await pastDeploys(request, job.signal) : [];
  const stretches =
    typeof from === "object"
      ? recordings(resolve(job.cwd, from.folder), policy, notices)
      : from === "ledger"
        ? ofLedger(deploys, notices)
        : await ofPrometheus(job, settings, policy, request, deploys, notices);
  if (stretches.length === 0) {
    throw new SentinelError(
      "evidence-unreadable",
      `there is nothing to watch again${notices[0] === undefined ? "" : `: ${notices[0]}`}`,
      "name a folder of recordings: --from DIR, or ask Prometheus: --from prometheus",
    );
  }
  const missing = new Set(stretches.flatMap((one) => unrecorded(policy, one).map(({ id }) => id)));
  if (missing.size > 0)
    notices.push(`where their signal was not recorded, these were left out: ${[...missing].join(", ")}`);
  return { ...backtest(policy, stretches), policyDigest: policy.digest, notices };
}

async function pastDeploys(
  { store, environment, since }: BacktestRequest,
  signal: AbortSignal,
): Promise<readonly PastDeploy[]> {
  if (!store) return [];
  const entries = entriesOf(store.blocks(signal), `"environment":${JSON.stringify(environment)}`);
  return deploysOf(entries, environment, since);
}

function ofLedger(deploys: readonly PastDeploy[], notices: string[]): readonly Stretch[] {
  const stretches = deploys.flatMap(
    ({ receipt, truth }) => (receipt && stretchOfReceipt(receipt, truth)) ?? [],
  );
  const without = deploys.length - stretches.length;
  if (without > 0) notices.push(`${count(without, "deploy")} left out: the ledger has no minutes of them`);
  return stretches;
}

/** Answers of `watch --report json`, and recordings that people wrote. */
function recordings(folder: string, policy: WatchPolicy, notices: string[]): readonly Stretch[] {
  const names = listed(folder);
  return names.flatMap((name): readonly Stretch[] => {
    try {
      const value: unknown = JSON.parse(readFileSync(join(folder, name), "utf8"));
      const receipt = asReceipt(value) ?? asReceipt((value as { receipt?: unknown } | null)?.receipt);
      if (!receipt) return [stretchOfRecording(value, name, policy)];
      const stretch = stretchOfReceipt(receipt, "unknown");
      if (!stretch) throw new NotARecording("no minutes were kept in it");
      return [stretch];
    } catch (error) {
      const why =
        error instanceof NotARecording
          ? error.message
          : error instanceof SyntaxError
            ? "no JSON"
            : ((error as NodeJS.ErrnoException).code ?? "unknown cause");
      notices.push(`${printable(name, 200)} left out: ${why}`);
      return [];
    }
  });
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    throw new SentinelError(
      "evidence-unreadable",
      `the folder ${printable(folder, 200)} cannot be read (${cause})`,
      "name a folder of recordings: --from DIR",
    );
  }
}

/** Every deploy that is known, and as a comparison moments at which nothing was deployed. */
async function ofPrometheus(
  { clients, cwd, signal }: Job,
  settings: WatchSettings,
  policy: WatchPolicy,
  { environment, since }: BacktestRequest,
  deploys: readonly PastDeploy[],
  notices: string[],
): Promise<readonly Stretch[]> {
  const now = Date.now();
  const lasts = (policy.judge?.maxMs ?? policy.forMs) + afterMs;
  const known = deploys.filter(({ at }) => at + lasts <= now);
  const isVersioned = JSON.stringify(settings).includes("${VERSION}");
  const runsAt = (at: number) => deploys.findLast((deploy) => deploy.at <= at)?.version ?? null;
  const quiet = quietMoments(deploys, since, now - lasts, lasts).filter(
    (at) => !isVersioned || runsAt(at) !== null,
  );
  const moments = [
    ...known.map(({ at, version, truth }) => ({
      at,
      id: `${version ?? "deploy"} at ${utc(at)}`,
      truth,
      version,
    })),
    ...quiet.map((at) => ({
      at,
      id: `no deploy at ${utc(at)}`,
      truth: "good" as const,
      version: runsAt(at),
    })),
  ];
  const stretches: Stretch[] = [];
  // What a source fills into its queries is one version's.
  for (const [version, those] of Map.groupBy(moments, (moment) => moment.version)) {
    const filled = { environment, version };
    const choice = sourceFrom({ ...settings, source: "prometheus" }, clients.readers, filled, cwd);
    const queries = queriesFrom(settings, policy, filled, choice.kind);
    const source = await createSource(choice, clients.readers);
    try {
      for (const { at, id, truth } of those)
        stretches.push({ id, truth, ...(await stretchAt(source, queries, policy, at, at + lasts, signal)) });
    } finally {
      await source.close();
    }
  }
  if (quiet.length === 0) notices.push("no stretch without a deploy is long enough to compare with");
  return stretches;
}

/** Decisions may come a while after the watch's planned end. */
const afterMs = 15 * minuteMs;

async function stretchAt(
  source: Source,
  queries: readonly SignalQuery[],
  policy: WatchPolicy,
  deployedAt: number,
  until: number,
  signal: AbortSignal,
): Promise<Pick<Stretch, "deployedAt" | "until" | "signals">> {
  const fresh = begin(policy, { deployedAt, now: deployedAt, version: null });
  const range = {
    from: rangeNeeded(policy, fresh, deployedAt).from,
    to: Math.floor(until / minuteMs) * minuteMs,
  };
  const signals = await Promise.all(
    queries.map(async (query) => ({ query, answer: await source.read(query, range, signal) })),
  );
  return { deployedAt, until, signals };
}

function utc(at: number): string {
  return new Date(at).toISOString();
}

const mostQuiet = 40;

/** Moments that are far enough from every deploy, spread over the time. */
function quietMoments(
  deploys: readonly PastDeploy[],
  since: number,
  until: number,
  lasts: number,
): readonly number[] {
  const apart = Math.max(lasts + historyMs, (until - since) / mostQuiet);
  const moments: number[] = [];
  for (let at = since + historyMs; at <= until; at += apart) {
    const start = Math.floor(at / minuteMs) * minuteMs;
    if (deploys.every((deploy) => deploy.at + 2 * historyMs < start || deploy.at > start + lasts))
      moments.push(start);
  }
  return moments;
}

const historyMs = 60 * minuteMs;
