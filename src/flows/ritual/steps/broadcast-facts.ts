import type { LedgerStore } from "../../../clients/ledger/store.ts";
import type { Emit } from "../../../core/event.ts";
import { count } from "../../../core/text.ts";
import { entriesOf } from "../../../ledger/query.ts";
import type { BroadcastFacts, ChangeFacts } from "../../../notify/broadcast/message.ts";
import type { Changelog, OverlayChange } from "../../../release/overlay/model.ts";
import { readChangelog } from "../../../release/overlay/read.ts";
import { readProbe, readSnapshot } from "../../../ritual/dashboard/record.ts";
import { readMetrics } from "../../../ritual/metrics/file.ts";
import type { Dora } from "../../../ritual/metrics/types.ts";
import { doraLines } from "../../../ritual/metrics/words.ts";
import type { RitualRelease } from "../../../ritual/release.ts";
import type { RitualContext } from "../../../ritual/step.ts";
import { reasonOf } from "../../reconcile.ts";

export interface FactsWorld {
  /** The CI run that this is. */
  readonly runUrl: string | null;
  readonly toolVersion: string;
  /** Null where there is none. */
  readonly ledger: () => Pick<LedgerStore, "blocks"> | null;
  now(): number;
}

/** What the steps before have found out, and the ledger knows, of a release. @throws StepFailure */
export async function factsOf(
  { release, folder, emit }: RitualContext,
  world: FactsWorld,
  signal: AbortSignal,
): Promise<BroadcastFacts> {
  const { tag, rehearsal, commit, taggedAt, previous, repository, environment, url } = release;
  const changelog = readChangelog(folder, tag);
  const probe = readProbe(folder, release);
  const metrics = readMetrics(folder, release);
  const snapshot = readSnapshot(folder, release)?.snapshot ?? null;
  const isGone = snapshot !== null && Date.parse(snapshot.expires) <= world.now();
  return {
    ...{ tag, rehearsal, commit, taggedAt, repository, environment },
    previous: previous?.tag ?? null,
    urls: {
      release: url,
      compare: changelog?.notes.compareUrl ?? null,
      dashboard: probe?.dashboard.url ?? null,
      snapshot: isGone ? null : (snapshot?.url ?? null),
      run: world.runUrl,
    },
    changes: changelog?.commit === commit ? changesOf(changelog) : null,
    slo: probe ? [`${probe.dashboard.title}: ${probe.summary}`, ...probe.failures, ...probe.warnings] : [],
    metrics: metrics ? numbers(metrics.dora) : [],
    ...(await ledgerFacts(world.ledger(), release, { emit, signal })),
    toolVersion: world.toolVersion,
  };
}

/** What is known of them, without what they were computed from. */
function numbers(dora: Dora): readonly string[] {
  const lines = doraLines(dora).filter((line) => !line.includes(": not known ("));
  return lines.map((line) => line.replace(/ \(.*\)$/, ""));
}

function changesOf({ notes, overlay }: Changelog): ChangeFacts {
  const { changes, paths } = overlay.migrations;
  const words = (all: readonly OverlayChange[]) =>
    all.map(({ text, notes: more }) => (more.length > 0 ? `${text}: ${more.join("; ")}` : text));
  const of = (kind: string) =>
    notes.groups.flatMap(({ changes: all }) => all).filter((change) => change.kind === kind);
  const lines = (kind: string) => [
    ...new Set(of(kind).map(({ text, scope }) => (scope ? `${scope}: ${text}` : text))),
  ];
  return {
    commits: overlay.totals.commits,
    contributors: overlay.totals.contributors,
    features: lines("feature"),
    fixes: lines("fix"),
    breaking: words(overlay.breaking),
    security: words(overlay.security),
    migrations: [...words(changes), ...paths],
    risky: overlay.risky
      .filter(({ label }) => label !== "migration")
      .map(({ label, total }) => `${label} (${count(total, "file")})`),
  };
}

type LedgerFacts = Pick<BroadcastFacts, "incidents" | "migrationsExecuted">;

const failedDeploys: ReadonlySet<string> = new Set([
  "rolled-back",
  "roll-back-failed",
  "unproven",
  "lock-lost",
]);

/** What the ledger says of this version: what went wrong with it, and which migrations its deploy carried out. */
async function ledgerFacts(
  store: Pick<LedgerStore, "blocks"> | null,
  { tag }: RitualRelease,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<LedgerFacts> {
  const incidents: string[] = [];
  const migrationsExecuted = new Set<string>();
  if (store === null) return { incidents, migrationsExecuted: [] };
  try {
    for await (const { recorded } of entriesOf(store.blocks(signal), tag)) {
      const { kind, environment, version, data } = recorded.entry;
      if (version !== tag) continue;
      const { outcome, message } = data;
      const words = typeof message === "string" ? message : `${kind} ended with ${String(outcome)}`;
      const where = environment === null ? "" : ` (${environment}, ${recorded.time.slice(0, 16)}Z)`;
      const isBad =
        kind === "apply" ? failedDeploys.has(String(outcome)) : kind === "watch" && outcome === "rollback";
      if (isBad) incidents.push(`${words}${where}`);
      if (kind === "apply") for (const one of migrationsOf(data["steps"])) migrationsExecuted.add(one);
    }
  } catch (error) {
    signal.throwIfAborted();
    // People are told all the same; that nothing is known is not that there was nothing.
    incidents.push("not known: the ledger could not be read");
    const message = `broadcast: incidents are not known, the ledger could not be read: ${reasonOf(error).message}`;
    emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
  }
  return { incidents, migrationsExecuted: [...migrationsExecuted] };
}

function migrationsOf(steps: unknown): string[] {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: { id?: unknown; outcome?: unknown; message?: unknown } | null) => {
    const isOne = typeof step?.id === "string" && /migrat/i.test(step.id) && step.outcome === "did";
    return isOne && typeof step.message === "string" ? [step.message] : [];
  });
}
