import { join } from "node:path";
import { createEnv } from "../../../../../src/clients/env.ts";
import { createHistory } from "../../../../../src/clients/git/history.ts";
import { createLocalMarks } from "../../../../../src/clients/git/marks-file.ts";
import { releaseTags } from "../../../../../src/clients/git/release-tags.ts";
import type { LedgerStore } from "../../../../../src/clients/ledger/store.ts";
import { createReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import { Secrets } from "../../../../../src/core/mask.ts";
import { createMetricsStep } from "../../../../../src/flows/ritual/steps/metrics.ts";
import { readMetrics } from "../../../../../src/ritual/metrics/file.ts";
import type { MetricsSettings } from "../../../../../src/ritual/metrics/settings.ts";
import type { RitualRelease } from "../../../../../src/ritual/release.ts";
import { grafanaToken } from "../../../../support/grafana.ts";
import { event, fileStore, never, writer } from "../../../../support/ledger.ts";
import { httpDoor, quick } from "../../../../support/metrics.ts";
import { gitEnv, repository, type TestRepository } from "../../../../support/repository.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { release as anyRelease } from "../world.ts";

export interface World {
  readonly repo: TestRepository;
  readonly release: RitualRelease;
}

/** A repository with v1.2.3 at its end. */
export function world(over: Partial<RitualRelease> = {}): World {
  const repo = repository();
  repo.git("tag", "-a", "v1.2.2", "-m", "v1.2.2");
  repo.commit("feat: one");
  const commit = repo.commit("feat: two");
  const { tag } = { ...anyRelease, ...over };
  repo.git("tag", "-a", tag, "-m", tag);
  const now = Date.now();
  const deployed = { from: now - 60_000, to: now - 30_000 };
  return { repo, release: { ...anyRelease, commit, taggedAt: new Date().toISOString(), deployed, ...over } };
}

export interface Machine {
  readonly settings?: MetricsSettings;
  readonly variables?: Record<string, string>;
  /** A release's folder that is there already. */
  readonly folder?: string;
  readonly ledger?: LedgerStore | null;
  /** Where marks are kept: the same for machines that share them. */
  readonly marks?: string;
  readonly now?: () => number;
}

/** The step on a machine of its own, with what it has to do with. */
export function machine({ repo, release }: World, given: Machine = {}) {
  const secrets = new Secrets();
  const env = createEnv(given.variables ?? {}, secrets);
  const marksRoot = given.marks ?? tempFolder();
  const marks = createLocalMarks({ root: marksRoot, commonDir: join(marksRoot, ".git"), tag: release.tag });
  const folder = createReleaseFolder(given.folder ?? join(tempFolder(), "release"));
  const step = createMetricsStep({
    settings: given.settings ?? {},
    ...{ env, secrets, marks, http: httpDoor(secrets), grafanaUrl: undefined, toolVersion: "1.0.0" },
    // No receiver of these tests is to be given up, however slow the machine.
    limits: { ...quick, attemptMs: 60_000, patienceMs: 60_000 },
    dashboardUid: "shop",
    history: createHistory(repo.path, gitEnv),
    releaseTags: (commit, signal) => releaseTags({ cwd: repo.path, env: gitEnv }, commit, signal),
    ledger: () => given.ledger ?? null,
    claimant: { by: "alice", run: "run-1" },
    now: given.now ?? Date.now,
  });
  const context = { release, folder, emit: () => {} };
  return {
    step,
    folder,
    /** What is kept of them. */
    metrics: () => readMetrics(folder, release),
    marks: () => marks.read(never),
    mark: marks,
    observe: () => step.observe(context, never),
    prove: () => step.prove?.(context, never),
    preview: () => step.preview(context, never),
    run: (signal = never) => step.run(context, signal),
  };
}

const dayMs = 86_400_000;

/** A ledger with entries so many days ago: kind and outcome. */
export async function ledgerWith(
  ...entries: readonly (readonly [days: number, kind: string, outcome: string, version?: string])[]
): Promise<LedgerStore> {
  const store = fileStore();
  let at = 0;
  const book = writer(store, { now: () => new Date(at) });
  for (const [days, kind, outcome, version = "v1.2.3"] of entries) {
    at = Date.now() - days * dayMs;
    await book.record(event({ kind, command: kind, version, data: { outcome } }), never);
  }
  return store;
}

export const grafanaOf = (url: string) => ({ GRAFANA_URL: url, GRAFANA_API_KEY: grafanaToken });
export const dashboards = { shop: { uid: "shop", title: "Shop", panels: [] } };
export const otlpOf = (endpoint: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
