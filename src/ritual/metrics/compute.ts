import type { HistoryReader } from "../../clients/git/history.ts";
import type { ReleaseTag } from "../../clients/git/release-tags.ts";
import type { RitualRelease } from "../release.ts";
import { releasedChanges } from "./changes.ts";
import type { LedgerRecord } from "./deploys.ts";
import { deploysThatCount, dora } from "./dora.ts";
import { type Metrics, metricsSchemaName } from "./file.ts";
import { leadTimeOf } from "./lead-time.ts";
import { pointsOf } from "./points.ts";
import type { DoraInput } from "./types.ts";

export interface NumbersWorld {
  readonly history: Pick<HistoryReader, "log" | "cutOff">;
  /** The release tags that a commit has behind it. @throws GitFailure */
  releaseTags(commit: string, signal: AbortSignal): Promise<readonly ReleaseTag[]>;
  /** The ledger's first entry, and those about deploys from `since` on, oldest first; null where there is no ledger. */
  ledger(since: number, signal: AbortSignal): Promise<readonly LedgerRecord[] | null>;
}

export interface NumbersAsked {
  readonly release: RitualRelease;
  /** Whose deploys count; undefined: where the release was deployed. */
  readonly environment: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly windowMs: number;
  readonly failureWithinMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What was tagged or begun shortly before the window may have been deployed in it. */
const marginMs = 30 * 86_400_000;

/** Reads git and the ledger, and computes what is told of a release. Changes nothing. */
export async function computeMetrics(
  world: NumbersWorld,
  { release, environment, labels, windowMs, failureWithinMs, now }: NumbersAsked,
  signal: AbortSignal,
): Promise<Metrics> {
  const from = now - windowMs;
  const tags = await world.releaseTags(release.commit, signal);
  const { tag, commit, taggedAt } = release;
  const mine = { tag, commit, at: Date.parse(taggedAt) };
  const all = [...tags.filter((other) => other.tag !== tag), mine];
  const [releases, ledger] = await Promise.all([
    releasedChanges(world.history, all, from - marginMs, signal),
    world.ledger(from - marginMs, signal),
  ]);
  const input: DoraInput = {
    window: { from, to: now },
    environment: environment ?? release.environment,
    ledger,
    // A rehearsal is no release.
    releases: release.rehearsal ? releases.filter((other) => other.tag !== tag) : releases,
    failureWithinMs,
  };
  const numbers = dora(input);
  const { deploys, without } = deploysThatCount(input);
  const points = pointsOf({
    release,
    dora: numbers,
    commits: releases.find((other) => other.tag === tag)?.written?.length ?? null,
    leadTime: leadTimeOf({ input: { ...input, releases }, deploys, without }, tag),
    deploys,
    labels,
    at: now,
  });
  return {
    schema: metricsSchemaName,
    tag,
    commit,
    rehearsal: release.rehearsal,
    environment: release.environment,
    madeAt: new Date(now).toISOString(),
    dora: numbers,
    points,
    pushed: [],
    annotation: null,
  };
}
