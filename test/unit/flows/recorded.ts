import { createMatcher } from "../../../src/app/matcher.ts";
import { sections } from "../../../src/app/sections.ts";
import { catalogue } from "../../../src/checks/index.ts";
import type { Readers } from "../../../src/clients/readers.ts";
import { policyFor } from "../../../src/config/configuration.ts";
import type { ConfigFile } from "../../../src/config/file.ts";
import { workTreeFiles } from "../../../src/config/files.ts";
import { builtIn } from "../../../src/config/load.ts";
import type { Finding, Judgement } from "../../../src/core/finding.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Policy } from "../../../src/core/policy.ts";
import type { Target } from "../../../src/core/target.ts";
import type { Verdict } from "../../../src/core/verdict.ts";
import type { RecordedEntry } from "../../../src/flows/replay/runs.ts";
import { decide, expiringWaivers, settle } from "../../../src/gate/decide.ts";

export const matcher = createMatcher();

/** A configuration as one environment's policy, made by the loader itself. */
export function policyOf(config: ConfigFile, environment = "prod"): Promise<Policy<Readers>> {
  const around = { catalogue, sections, files: workTreeFiles, start: "/", cwd: "/" };
  return policyFor(builtIn(config, "release-sentinel.yaml"), environment, around);
}

/** What the checks saw, by name; a check that is not in here was skipped. `unanswered`: it was asked, and saw nothing. */
export type Seen = Readonly<Record<string, Json>>;
export const unanswered = "unanswered";

export interface Around {
  readonly told?: Partial<Verdict>;
  /** As older versions of the tool wrote it: without what the checks were told. */
  readonly bare?: boolean;
}

/** A verdict as the gate records it, of given observations. Through JSON, as the ledger keeps it. */
export function recorded(policy: Policy, seen: Seen, { told = {}, bare = false }: Around = {}): Verdict {
  const { environment = "prod", version = "v1.4.2", startedAt = "2026-11-21T08:33:20.268Z" } = told;
  const target: Target = {
    environment,
    version: version ?? undefined,
    purpose: told.for ?? "release",
    at: startedAt,
  };
  const rules = { policy, target, matcher, breakGlass: undefined };
  const answered = policy.checks.flatMap((planned): Finding[] => {
    const observation = seen[planned.name];
    const judged = (): { judgements: readonly Judgement[]; attempts: number } => {
      if (observation === undefined)
        return { judgements: [{ status: "skipped", message: "Not run: something has failed" }], attempts: 0 };
      if (observation === unanswered)
        return {
          judgements: [{ status: "unknown", message: `${planned.name} could not be found out` }],
          attempts: 1,
        };
      const context = { options: planned.options, target };
      return { judgements: [planned.check.judge(observation, context)].flat() as Judgement[], attempts: 1 };
    };
    const { judgements, attempts } = judged();
    return judgements.map((judgement, i) => ({
      ...settle(
        planned,
        judgement,
        {
          durationMs: 3,
          attempts,
          observation:
            i === 0 && observation !== undefined && observation !== unanswered ? observation : null,
        },
        rules,
      ),
      ...(i === 0 && !bare ? { uses: planned.check.id, options: planned.options } : {}),
    }));
  });
  const findings = [...answered, ...expiringWaivers(answered, target)];
  const verdict: Verdict = {
    schema: "release-sentinel/verdict/v1",
    ...decide(findings, policy.onUnknown),
    for: target.purpose,
    environment,
    version,
    commit: "3f2a9c1d4b5e6f708192a3b4c5d6e7f801234567",
    branch: "main",
    policyDigest: policy.digest(),
    policySource: policy.source,
    leftOut: [],
    startedAt,
    durationMs: 12,
    findings,
    ...told,
  };
  return JSON.parse(JSON.stringify(verdict)) as Verdict;
}

export type Event =
  | Verdict
  | {
      readonly kind: string;
      readonly environment?: string;
      readonly version: string;
      readonly data?: Record<string, unknown>;
    };

/** A ledger of verdicts and other events, numbered from 1, a day apart from 2026-10-01. */
export async function* ledger(...events: readonly Event[]): AsyncGenerator<RecordedEntry> {
  for (const [i, event] of events.entries()) {
    const { environment = "prod", version } = event;
    const entry =
      "schema" in event
        ? { kind: "verdict", commit: event.commit, data: { verdict: event } }
        : { kind: event.kind, commit: null, data: event.data ?? {} };
    const time = new Date(Date.UTC(2026, 9, 1 + i)).toISOString();
    yield { seq: i + 1, time, entry: { environment, version, run: { url: null }, ...entry } };
  }
}

export function memory(percent: number): Json {
  return { percent, totalBytes: 1000, usedBytes: percent * 10, source: "host" };
}

export function disk(...percents: readonly number[]): Json {
  return {
    disks: percents.map((percent, i) => ({
      path: i === 0 ? "/" : `/data${i}`,
      use: { percent, inodePercent: 1, totalBytes: 1000, availableBytes: 1000 - percent * 10 },
      trouble: null,
    })),
  };
}
