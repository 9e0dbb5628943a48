import { onTestFinished } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { createReleaseFolder } from "../../../../src/clients/release-folder.ts";
import { createSecretScanner } from "../../../../src/clients/secret-scanner.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { createProbeStep } from "../../../../src/flows/ritual/steps/probe.ts";
import { createSnapshotStep } from "../../../../src/flows/ritual/steps/snapshot.ts";
import { createDashboard } from "../../../../src/ritual/dashboard/access.ts";
import type { DashboardSettings } from "../../../../src/ritual/dashboard/settings.ts";
import type { RitualRelease } from "../../../../src/ritual/release.ts";
import type { RitualContext } from "../../../../src/ritual/step.ts";
import { grafanaToken } from "../../../support/grafana.ts";
import { windowEnd, windowStart } from "../../../support/grafana-dashboards.ts";
import { tempFolder } from "../../../support/temp.ts";

export const never = new AbortController().signal;

export function releaseOf(more: Partial<RitualRelease> = {}): RitualRelease {
  return {
    tag: "v1.2.3",
    rehearsal: false,
    commit: "c".repeat(40),
    tagObject: "d".repeat(40),
    taggedAt: "2026-11-21T09:30:00Z",
    previous: null,
    remote: "origin",
    repository: null,
    project: null,
    url: null,
    environment: "prod",
    deployed: { from: windowStart + 1_500_000, to: windowStart + 1_800_000 },
    window: { from: windowStart, to: windowEnd },
    ...more,
  };
}

const scanner = createSecretScanner();

/** Both steps with real connections; a new call is a new process. */
export function dashboardSteps(
  url: string | undefined,
  given: {
    readonly settings?: DashboardSettings;
    readonly env?: Readonly<Record<string, string>>;
    readonly uid?: string;
    readonly folder?: string;
    /** The window in words, as somebody has asked for it. */
    readonly window?: string;
    readonly release?: Partial<RitualRelease>;
  } = {},
) {
  const secrets = new Secrets();
  const env = createEnv(
    {
      ...(url === undefined ? {} : { GRAFANA_URL: url }),
      DASHBOARD_UID: given.uid ?? "shop",
      GRAFANA_API_KEY: grafanaToken,
      ...given.env,
    },
    secrets,
  );
  const http = createHttp({ env, secrets });
  onTestFinished(() => http.close());
  const dashboard = createDashboard({
    http,
    env,
    secrets,
    scanner,
    settings: given.settings ?? {},
    window: given.window,
    toolVersion: "0.0.0-test",
    pauseMs: 1,
  });
  const folder = createReleaseFolder(given.folder ?? tempFolder());
  const context: RitualContext = { release: releaseOf(given.release), folder, emit: () => {} };
  const json = (name: string) => JSON.parse(folder.read(name)?.toString() ?? "null");
  const text = (name: string) => folder.read(name)?.toString() ?? "";
  return {
    dashboard,
    secrets,
    folder,
    context,
    json,
    text,
    probe: createProbeStep(dashboard),
    snapshot: createSnapshotStep(dashboard),
  };
}

export async function failureOf(work: Promise<unknown>): Promise<Error & { remedy?: string }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("was to fail");
  return error;
}
