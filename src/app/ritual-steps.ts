import { dirname } from "node:path";
import { releaseTags } from "../clients/git/release-tags.ts";
import type { ReleaseFolder } from "../clients/release-folder.ts";
import { createArchiveStep } from "../flows/ritual/steps/archive.ts";
import { createBroadcastStep } from "../flows/ritual/steps/broadcast.ts";
import { createChangelogStep } from "../flows/ritual/steps/changelog.ts";
import { createCompleteStep } from "../flows/ritual/steps/complete.ts";
import { createMetricsStep } from "../flows/ritual/steps/metrics.ts";
import { createProbeStep } from "../flows/ritual/steps/probe.ts";
import { createSnapshotStep } from "../flows/ritual/steps/snapshot.ts";
import type { StepName } from "../flows/ritual.ts";
import type { BroadcastSettings } from "../notify/broadcast/settings.ts";
import type { ChangelogSettings } from "../release/overlay/settings.ts";
import { restoreFolder } from "../ritual/archive/restore.ts";
import type { ArchiveSettings } from "../ritual/archive/settings.ts";
import { createDashboard } from "../ritual/dashboard/access.ts";
import type { DashboardSettings } from "../ritual/dashboard/settings.ts";
import type { Claimant } from "../ritual/marks.ts";
import type { MetricsSettings } from "../ritual/metrics/settings.ts";
import type { RitualStep } from "../ritual/step.ts";
import type { StepRecord, VerificationLog } from "../ritual/verification.ts";
import { openStore } from "./ledger.ts";
import { createMatcher } from "./matcher.ts";
import { forgeVariables } from "./notes.ts";
import { askedWindow } from "./ritual-settings.ts";
import { heldUpBy, ritualStores } from "./ritual-stores.ts";
import type { RitualWorld } from "./ritual-world.ts";

interface Run {
  readonly who: Claimant;
  records(): readonly StepRecord[];
  readonly circumstances: Pick<VerificationLog, "actor" | "runUrl" | "tool" | "startedAt">;
}

export interface ToolSteps {
  readonly steps: Record<StepName, RitualStep>;
  /** Brings a folder back that another machine has filled. @param into where to: a dry run leaves the release's own alone */
  restore(into: ReleaseFolder, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The tool's own steps with their clients. */
export function createToolSteps(world: RitualWorld, run: Run): ToolSteps {
  const { job, asked, settings, root, release, folder, forge, marks } = world;
  const { readers } = job.clients;
  const http = { ...readers.http, ...job.clients.http };
  const shown = (settings["dashboard"] ?? {}) as DashboardSettings;
  const grafanaUrl = asked.grafanaUrl ?? shown.url;
  const dashboardUid = asked.dashboardUid ?? shown.uid ?? readers.env.get("DASHBOARD_UID");
  const { words } = askedWindow(asked.between, settings);
  const dashboard = createDashboard({
    ...{ http, env: readers.env, secrets: job.secrets, scanner: readers.secretScanner },
    ...{ settings: shown, window: words, grafanaUrl, dashboardUid, toolVersion: asked.toolVersion },
  });
  const archive = (settings["archive"] ?? {}) as ArchiveSettings;
  const { stores, problems } = ritualStores(world, archive.stores ?? []);
  const ledger = openStore({ ...job, readers: job.clients.readers });
  const matcher = createMatcher();
  const shared = {
    ...{ env: readers.env, secrets: job.secrets, toolVersion: asked.toolVersion },
    ...{ marks, claimant: run.who, now: Date.now, ledger: () => ledger },
  };
  const steps = {
    changelog: createChangelogStep({
      git: readers.git,
      history: job.clients.history,
      secrets: job.secrets,
      env: forgeVariables(readers.env),
      github: "github" in forge ? forge.github : { skipped: forge.skipped },
      settings: (settings["changelog"] ?? {}) as ChangelogSettings,
    }),
    probe: createProbeStep(dashboard),
    snapshot: createSnapshotStep(dashboard),
    metrics: createMetricsStep({
      settings: (settings["metrics"] ?? {}) as MetricsSettings,
      ...shared,
      http,
      grafanaUrl,
      dashboardUid,
      history: job.clients.history,
      releaseTags: (commit, signal) => releaseTags({ cwd: root, env: job.env }, commit, signal),
    }),
    archive: heldUpBy(
      createArchiveStep({
        settings: archive,
        stores,
        root,
        ...{ marks, who: run.who },
        folders: dirname(folder.path),
        matcher: (glob) => matcher(glob),
        holdsSecret: (text) => job.secrets.isIn(text),
      }),
      problems,
    ),
    broadcast: createBroadcastStep({
      settings: (settings["broadcast"] ?? {}) as BroadcastSettings,
      ...shared,
      http: job.clients.http,
      root,
      resend: asked.resend,
      sent: asked.sent,
      runUrl: readers.ci.runUrl,
      deadlineAt: job.deadlineAt,
    }),
    complete: createCompleteStep({ marks, stores, ...run }),
  };
  return {
    steps,
    async restore(into, signal) {
      const { message, warnings } = await restoreFolder(stores, into, release, signal);
      const tell = (level: "info" | "warning", text: string) =>
        job.emit({ type: "notice", level, from: "release-sentinel.ritual", message: text });
      if (message !== null && into === folder) tell("info", message);
      for (const warning of warnings) tell("warning", warning);
    },
    close: () => ledger?.close(),
  };
}
