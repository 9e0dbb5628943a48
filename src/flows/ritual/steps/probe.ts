import { GrafanaFailure } from "../../../clients/grafana/failure.ts";
import { type Observed, type Proof, StepFailure } from "../../../core/step.ts";
import { count } from "../../../core/text.ts";
import { asStepFailure, type Dashboard } from "../../../ritual/dashboard/access.ts";
import { type Capture, healthy } from "../../../ritual/dashboard/capture.ts";
import { type Judgement, judge, lenience } from "../../../ritual/dashboard/judge.ts";
import {
  type About,
  betweenShown,
  files,
  isWhole,
  type ProbeRecord,
  probedPanels,
  readProbe,
  windowShown,
  writeCapture,
} from "../../../ritual/dashboard/record.ts";
import { probeTable } from "../../../ritual/dashboard/table.ts";
import type { RitualStep } from "../../../ritual/step.ts";

/** Grafana is healthy, the dashboard is there, and every panel of it answers with data. */
export function createProbeStep(dashboard: Dashboard): RitualStep {
  return {
    name: "probe",
    title: "Ask every panel of the dashboard for data",
    skip: () => dashboard.skip(),

    async observe({ release, folder }): Promise<Observed> {
      const probe = readProbe(folder, dashboard.about(release));
      // What was well by another policy may not be by this one.
      const isWell = probe?.ok && judge(probe.panels, dashboard.settings).ok;
      if (isWell && isWhole(folder, probe.sha256)) {
        const message = `dashboard ${probe.dashboard.title} was asked, ${betweenShown(probe.window)}: ${probe.summary}`;
        return { state: "done", message };
      }
      const missing = dashboard.missing();
      if (missing) return { state: "conflict", ...missing };
      return { state: "needed", message: `every panel of dashboard ${dashboard.uid} will be asked` };
    },

    prove: (_context, signal) => proofs(dashboard, signal),

    async preview({ release }, signal) {
      const to = `file ${files.probeTable}`;
      if (dashboard.missing() !== null) {
        return [
          {
            to,
            type: "text/markdown",
            body: `<a table of what every panel of ${dashboard.shown} answers>\n`,
          },
        ];
      }
      const capture = await dashboard.capture(release, signal);
      const probe = recordOf(
        dashboard.about(release),
        capture,
        judge(capture.panels, dashboard.settings),
        {},
      );
      return [{ to, type: "text/markdown", body: probeTable(probe) }];
    },

    async run({ release, folder }, signal) {
      const capture = await dashboard.capture(release, signal);
      const judgement = judge(capture.panels, dashboard.settings);
      const hashes = writeCapture(folder, release, capture);
      const probe = recordOf(dashboard.about(release), capture, judgement, hashes);
      folder.write(files.probeTable, probeTable(probe));
      folder.write(files.probe, `${JSON.stringify(probe, null, 2)}\n`);
      if (!judgement.ok) throw notWell(probe, lenience(capture.panels, dashboard.settings));
      return {
        message: `dashboard ${capture.title}: ${judgement.summary}`,
        warnings: probe.warnings,
        excerpt: [judgement.summary, ...judgement.warnings.slice(0, 10)].join("\n"),
        links: [{ label: "dashboard", url: capture.url }],
      };
    },
  };
}

/** Whether it will be possible to ask; reads nothing but the dashboard itself. */
async function proofs(dashboard: Dashboard, signal: AbortSignal): Promise<readonly Proof[]> {
  try {
    const grafana = dashboard.grafana();
    await healthy(grafana, signal);
    const { title } = await grafana.dashboard(dashboard.uid, signal);
    const notice: Proof[] = grafana.notice === null ? [] : [{ state: "notice", message: grafana.notice }];
    return [
      ...notice,
      { state: "ok", message: `Grafana is healthy, and dashboard ${dashboard.secrets.mask(title)} is there` },
    ];
  } catch (error) {
    if (error instanceof StepFailure) return [proofOf(error, "conflict")];
    if (!(error instanceof GrafanaFailure)) throw error;
    return [proofOf(asStepFailure(error) as StepFailure, error.kind === "down" ? "unknown" : "conflict")];
  }
}

function proofOf({ message, remedy }: StepFailure, state: "conflict" | "unknown"): Proof {
  return remedy === undefined ? { state, message } : { state, message, remedy };
}

function recordOf(
  about: About,
  capture: Capture,
  judgement: Judgement,
  sha256: Readonly<Record<string, string>>,
): ProbeRecord {
  const { uid, title, url, schema, version, window, capturedAt, panels, warnings } = capture;
  return {
    schema: "release-sentinel/probe/v1",
    ...about,
    dashboard: { uid, title, url, schema },
    grafana: version,
    window: windowShown(window),
    capturedAt,
    ...judgement,
    warnings: [...warnings, ...judgement.warnings],
    panels: probedPanels(panels),
    sha256,
  };
}

function notWell({ dashboard, failures, summary }: ProbeRecord, lenient: readonly string[]): StepFailure {
  const [first = "", ...others] = failures;
  const more = others.length === 0 ? "" : `, and ${count(others.length, "more", "more")}`;
  const wayOut =
    lenient.length > 0
      ? `or let it pass: ${lenient.join(", ")}`
      : "or name another window (--from TIME --to TIME) or another dashboard (--dashboard-uid UID)";
  return new StepFailure(
    `dashboard ${dashboard.title} is not well (${summary}): ${first}${more}`,
    `look at ${dashboard.url} and at ${files.probeTable}, mend it and run the ritual again; ${wayOut}`,
  );
}
