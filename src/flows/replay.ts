import type { Finding } from "../core/finding.ts";
import type { Policy } from "../core/policy.ts";
import type { Verdict, VerdictWord } from "../core/verdict.ts";
import type { Matcher } from "../gate/decide.ts";
import { type Rejudged, type Rejudgement, rejudge } from "./replay/rejudge.ts";
import { Aftermath, type Later, type RecordedEntry, type Run, type RunName, runOf } from "./replay/runs.ts";
import { type CheckRow, type Effect, Tally } from "./replay/tally.ts";

export interface Change {
  readonly run: RunName;
  readonly was: VerdictWord;
  readonly now: VerdictWord;
  /** The checks that make the difference. */
  readonly because: readonly { readonly check: string; readonly message: string }[];
  readonly later: Later;
}

export interface Untold {
  readonly run: RunName;
  readonly was: VerdictWord;
  readonly because: readonly { readonly check: string; readonly why: string }[];
}

/** What another policy would have changed; or, of kind `shadow`, what the checks that are tried out would have. */
export interface ReplayReport {
  readonly schema: "release-sentinel/replay/v1";
  readonly kind: "policy" | "shadow";
  /** By environment; empty for `shadow`. */
  readonly policies: Readonly<Record<string, { readonly source: string; readonly digest: string }>>;
  /** Times of the first and the last run, RFC 3339. */
  readonly from: string | null;
  readonly to: string | null;
  readonly runs: {
    readonly total: number;
    readonly same: number;
    readonly wouldStop: number;
    readonly wouldPass: number;
    readonly unknown: number;
    /** Recorded without a verdict that can be read. */
    readonly unreadable: number;
  };
  readonly wouldStop: readonly Change[];
  readonly wouldPass: readonly Change[];
  readonly unknown: readonly Untold[];
  readonly checks: readonly CheckRow[];
}

export interface ReplayRequest {
  /** The policy to judge by; asked once for each environment. */
  readonly policyOf: (environment: string) => Promise<Policy>;
  readonly matcher: Matcher;
  /** Only runs from then on, milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
}

/** Judges recorded runs again by another policy and compares. Deterministic and offline; entries come oldest first. */
export async function replay(
  entries: AsyncIterable<RecordedEntry>,
  request: ReplayRequest,
): Promise<ReplayReport> {
  const policies = new Map<string, { policy: Policy; digest: string }>();
  const tally = new Tally();
  const found: { run: RunName; was: VerdictWord; rejudgement: Rejudgement; changed: Changed }[] = [];
  const { period, aftermath } = await eachRun(entries, request.sinceMs, async ({ name, verdict }) => {
    const { policy, digest } = await policyFor(name.environment, policies, request);
    const rejudgement = rejudge(verdict, policy, request.matcher, digest);
    const changed = compare(verdict, rejudgement, policy.onUnknown);
    for (const { check, effect } of changed.effects) tally.effect(check, name, effect);
    for (const { check, why } of changed.untold) tally.unknown(check, why);
    const wasPassed = verdict.verdict === "SAFE";
    if (rejudgement.outcome !== (wasPassed ? "passed" : "stopped"))
      found.push({ run: name, was: verdict.verdict, rejudgement, changed });
  });
  const changes = (outcome: Rejudgement["outcome"], effect: Effect) =>
    found
      .filter(({ rejudgement }) => rejudgement.outcome === outcome)
      .map(({ run, was, rejudgement, changed }) => ({
        run,
        was,
        now: rejudgement.decision.verdict,
        because: changed.effects
          .filter((one) => one.effect === effect)
          .map(({ check, message }) => ({ check, message })),
        later: aftermath.of(run),
      }));
  const wouldStop = changes("stopped", "would-stop");
  const wouldPass = changes("passed", "would-let-pass");
  const unknown = found
    .filter(({ rejudgement }) => rejudgement.outcome === "unknown")
    .map(({ run, was, changed }) => ({ run, was, because: changed.untold }));
  const same = period.total - wouldStop.length - wouldPass.length - unknown.length;
  const sources = [...policies].map(
    ([environment, { policy, digest }]) => [environment, { source: policy.source, digest }] as const,
  );
  return {
    schema: "release-sentinel/replay/v1",
    kind: "policy",
    policies: Object.fromEntries(sources),
    from: period.from,
    to: period.to,
    runs: {
      total: period.total,
      same,
      wouldStop: wouldStop.length,
      wouldPass: wouldPass.length,
      unknown: unknown.length,
      unreadable: period.unreadable,
    },
    wouldStop,
    wouldPass,
    unknown,
    checks: tally.rows(aftermath),
  };
}

/**
 * What the checks in shadow mode would have stopped, and what became of those releases.
 * @param shadowed checks that are in shadow mode now: one that never complained has left no note
 */
export async function shadowReport(
  entries: AsyncIterable<RecordedEntry>,
  { sinceMs, shadowed }: { readonly sinceMs?: number | undefined; readonly shadowed: ReadonlySet<string> },
): Promise<ReplayReport> {
  const tally = new Tally();
  const tried = new Set(shadowed);
  const stopped: Omit<Change, "later">[] = [];
  const { period, aftermath } = await eachRun(entries, sinceMs, async ({ name, verdict }) => {
    const because: Finding[] = [];
    for (const [check, findings] of Map.groupBy(verdict.findings, ({ check }) => check)) {
      const notes = findings.filter(({ shadow }) => shadow !== undefined);
      if (notes.length > 0) tried.add(check);
      const failed = notes.find(({ shadow }) => shadow?.status === "fail");
      if (failed) because.push(failed);
      if (failed) tally.effect(check, name, "would-stop");
      else if (notes.some(({ shadow }) => shadow?.status === "unknown"))
        tally.unknown(check, "it could not be found out then");
      else if (findings.some(({ attempts }) => attempts > 0)) tally.effect(check, name, "same");
    }
    if (because.length === 0 || verdict.verdict !== "SAFE") return;
    const now = because.some(({ kind }) => kind === "policy") ? "BLOCKED" : "CRITICAL";
    const said = because.map(({ check, message }) => ({ check, message }));
    stopped.push({ run: name, was: verdict.verdict, now, because: said });
  });
  const wouldStop = stopped.map((one) => ({ ...one, later: aftermath.of(one.run) }));
  return {
    schema: "release-sentinel/replay/v1",
    kind: "shadow",
    policies: {},
    from: period.from,
    to: period.to,
    runs: {
      total: period.total,
      same: period.total - wouldStop.length,
      wouldStop: wouldStop.length,
      wouldPass: 0,
      unknown: 0,
      unreadable: period.unreadable,
    },
    wouldStop,
    wouldPass: [],
    unknown: [],
    checks: tally.rows(aftermath, (check) => tried.has(check)),
  };
}

const rememberedRuns = 50;

interface Period {
  total: number;
  unreadable: number;
  from: string | null;
  to: string | null;
}

/** One pass over the ledger. What became of a release is looked for in all of it. */
async function eachRun(
  entries: AsyncIterable<RecordedEntry>,
  sinceMs: number | undefined,
  judge: (run: Run & { readonly verdict: Verdict }) => Promise<void>,
): Promise<{ readonly period: Period; readonly aftermath: Aftermath }> {
  const aftermath = new Aftermath();
  const period: Period = { total: 0, unreadable: 0, from: null, to: null };
  // A command may record its gate's verdict once more with what it did then.
  const recent: string[] = [];
  for await (const entry of entries) {
    aftermath.add(entry);
    const run = runOf(entry);
    if (!run || (sinceMs !== undefined && Date.parse(entry.time) < sinceMs)) continue;
    if (!run.verdict) {
      period.unreadable++;
      continue;
    }
    const { startedAt, environment, version, commit } = run.verdict;
    const same = [startedAt, environment, version, commit].join("\0");
    if (recent.includes(same)) continue;
    recent.push(same);
    if (recent.length > rememberedRuns) recent.shift();
    period.total++;
    period.from ??= entry.time;
    period.to = entry.time;
    await judge({ name: run.name, verdict: run.verdict });
  }
  return { period, aftermath };
}

async function policyFor(
  environment: string,
  known: Map<string, { policy: Policy; digest: string }>,
  { policyOf }: ReplayRequest,
): Promise<{ policy: Policy; digest: string }> {
  const made = known.get(environment);
  if (made) return made;
  const policy = await policyOf(environment);
  const fresh = { policy, digest: policy.digest() };
  known.set(environment, fresh);
  return fresh;
}

interface Changed {
  readonly effects: readonly { readonly check: string; readonly effect: Effect; readonly message: string }[];
  readonly untold: readonly { readonly check: string; readonly why: string }[];
}

/** What each check did then, and would do now. */
function compare(recorded: Verdict, { checks }: Rejudgement, onUnknown: Policy["onUnknown"]): Changed {
  const before = Map.groupBy(recorded.findings, ({ check }) => check);
  const thenUnknown = recorded.verdict === "SAFE" ? "warn" : "critical";
  const effects: { check: string; effect: Effect; message: string }[] = [];
  for (const [check, old, now] of pairs(before, checks)) {
    const [did, does] = [stopping(old, thenUnknown), stopping(now, onUnknown)];
    if (did && !does) effects.push({ check, effect: "would-let-pass", message: did.message });
    else if (!did && does) effects.push({ check, effect: "would-stop", message: does.message });
    else effects.push({ check, effect: "same", message: "" });
  }
  const untold = checks.flatMap((one) =>
    "unrecorded" in one && one.couldStop ? [{ check: one.check, why: one.unrecorded }] : [],
  );
  return { effects, untold };
}

type Pair = readonly [check: string, then: readonly Finding[], now: readonly Finding[]];

/** Each check that has answers to compare: those of the new policy, and those that it no longer asks. */
function* pairs(
  before: ReadonlyMap<string, readonly Finding[]>,
  checks: readonly Rejudged[],
): Generator<Pair> {
  const asked = new Set(checks.map(({ check }) => check));
  for (const one of checks) {
    if ("findings" in one) yield [one.check, before.get(one.check) ?? [], one.findings];
    // Here no answer can stop the release, whatever it would be.
    else if (!one.couldStop) yield [one.check, before.get(one.check) ?? [], []];
  }
  for (const [check, findings] of before) {
    // The gate's own remarks stand among the findings too; nothing was asked for them.
    const isRemark = findings.every(({ attempts, status }) => attempts === 0 && status !== "fail");
    if (!asked.has(check) && !isRemark) yield [check, findings, []];
  }
}

function stopping(findings: readonly Finding[], onUnknown: Policy["onUnknown"]): Finding | undefined {
  return findings.find(({ status }) => status === "fail" || (status === "unknown" && onUnknown !== "warn"));
}
