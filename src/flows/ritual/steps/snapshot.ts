import { GrafanaFailure } from "../../../clients/grafana/failure.ts";
import type { Grafana } from "../../../clients/grafana/types.ts";
import type { ReleaseFolder } from "../../../clients/release-folder.ts";
import { parseSpan } from "../../../core/days.ts";
import { type Observed, StepFailure } from "../../../core/step.ts";
import { count, printable } from "../../../core/text.ts";
import { asStepFailure, type Dashboard } from "../../../ritual/dashboard/access.ts";
import type { Capture } from "../../../ritual/dashboard/capture.ts";
import { judge, nameOf } from "../../../ritual/dashboard/judge.ts";
import { dashboardPage } from "../../../ritual/dashboard/page/html.ts";
import {
  type About,
  betweenShown,
  files,
  isWhole,
  readCapture,
  readSnapshot,
  type SnapshotRecord,
  sha256,
  windowShown,
  writeCapture,
} from "../../../ritual/dashboard/record.ts";
import { defaultExpiry } from "../../../ritual/dashboard/settings.ts";
import { keysOf, snapshotDashboard } from "../../../ritual/dashboard/snapshot.ts";
import type { RitualRelease } from "../../../ritual/release.ts";
import type { RitualStep } from "../../../ritual/step.ts";

const dayMs = 86_400_000;

/** The dashboard with its data, in Grafana for a while, and as a page and files for good. */
export function createSnapshotStep(dashboard: Dashboard): RitualStep {
  const { settings, secrets } = dashboard;
  const isWanted = settings.snapshot !== false;

  return {
    name: "snapshot",
    title: "Take a snapshot of the dashboard",
    skip: () => dashboard.skip(),

    async observe({ release, folder }): Promise<Observed> {
      const made = readSnapshot(folder, dashboard.about(release));
      if (made && (made.snapshot !== null || !isWanted) && isWhole(folder, made.sha256))
        return { state: "done", message: said(made) };
      const missing = readCapture(folder, dashboard.about(release)) && !isWanted ? null : dashboard.missing();
      if (missing) return { state: "conflict", ...missing };
      return { state: "needed", message: `a snapshot of dashboard ${dashboard.uid} will be taken` };
    },

    async preview({ release, folder }, signal) {
      const to = `POST ${dashboard.shown}/api/snapshots`;
      const page = {
        to: `file ${files.page}`,
        type: "text/html",
        body: "<a page with a plot of every panel>\n",
      };
      if (dashboard.missing() !== null) {
        const body = `{"name":"${titleOf("<the dashboard's title>", release)}","expires":${expirySeconds(dashboard, release)},"dashboard":"<with the data of its panels>"}`;
        return isWanted ? [page, { to, type: "application/json", body }] : [page];
      }
      const capture =
        readCapture(folder, dashboard.about(release)) ?? (await dashboard.capture(release, signal));
      const asked = {
        dashboard: withoutData(snapshotDashboard(capture, titleOf(capture.title, release))),
        name: titleOf(capture.title, release),
        expires: expirySeconds(dashboard, release),
        external: false,
        key: "<set when the snapshot is made>",
        deleteKey: "<set when the snapshot is made; never shown>",
      };
      const body = secrets.mask(JSON.stringify(asked, null, 2));
      return isWanted ? [page, { to, type: "application/json", body }] : [page];
    },

    async run({ release, folder }, signal) {
      const seen = readCapture(folder, dashboard.about(release));
      const capture = seen ?? (await dashboard.capture(release, signal));
      if (capture.panels.every(({ points }) => points === 0)) {
        throw new StepFailure(
          `there is nothing to take a snapshot of: no panel of ${printable(capture.title, 100)} has data between ${windowShown(capture.window).from} and ${windowShown(capture.window).to}`,
          "look at the dashboard, or name another window: --from TIME --to TIME",
        );
      }
      if (!seen) writeCapture(folder, release, capture);
      folder.write(files.page, pageOf(dashboard, release, capture));
      const framesSha256 = hashOf(folder, files.frames);
      const snapshot = isWanted ? await put(dashboard, release, capture, framesSha256, signal) : null;
      const made = recordOf(folder, dashboard.about(release), capture, snapshot);
      folder.write(files.snapshot, `${JSON.stringify(secrets.maskDeep(made), null, 2)}\n`);
      const left = made.notCaptured.map(
        (panel) => `panel ${nameOf(panel)} is not in the snapshot: ${panel.reason}`,
      );
      return {
        message: said(made),
        warnings: left,
        excerpt: [
          `${count(made.captured, "panel")} with data`,
          ...Object.entries(made.sha256).map(([name, hash]) => `${name} sha256 ${hash}`),
        ].join("\n"),
        links: snapshot ? [{ label: "snapshot", url: snapshot.url }] : [],
      };
    },
  };
}

/** Puts it into Grafana, unless an earlier run did: its own key tells. @throws StepFailure */
async function put(
  dashboard: Dashboard,
  release: RitualRelease,
  capture: Capture,
  framesSha256: string,
  signal: AbortSignal,
): Promise<NonNullable<SnapshotRecord["snapshot"]>> {
  const grafana = dashboard.grafana();
  const { key, deleteKey } = keysOf(dashboard.token(), { ...release, uid: capture.uid, framesSha256 });
  dashboard.secrets.add(deleteKey);
  const seconds = expirySeconds(dashboard, release);
  const made = (expires: string | null) => ({
    url: grafana.snapshotUrl(key),
    key,
    expires: expires ?? new Date(Date.now() + seconds * 1000).toISOString(),
  });
  try {
    const there = await grafana.findSnapshot(key, signal);
    if (there) return made(there.expires);
    const title = titleOf(capture.title, release);
    const snapshot = {
      name: title,
      dashboard: snapshotDashboard(capture, title),
      expires: seconds,
      key,
      deleteKey,
    };
    await grafana.createSnapshot(snapshot, signal);
    return made(null);
  } catch (error) {
    const found = await foundAfter(error, grafana, key, signal);
    if (found) return made(found.expires);
    throw withWayOut(error);
  }
}

/** An answer that was lost: what was sent may be there all the same. */
async function foundAfter(error: unknown, grafana: Grafana, key: string, signal: AbortSignal) {
  if (!(error instanceof GrafanaFailure && error.uncertain)) return null;
  return grafana.findSnapshot(key, signal).catch(() => null);
}

function withWayOut(error: unknown): unknown {
  const failure = asStepFailure(error);
  if (!(error instanceof GrafanaFailure && failure instanceof StepFailure)) return failure;
  if (error.kind !== "permission" && error.kind !== "too-large") return failure;
  const remedy = failure.remedy === undefined ? "" : `${failure.remedy}; `;
  return new StepFailure(
    failure.message,
    `${remedy}or keep the page and the data only: ritual.dashboard.snapshot: false`,
    true,
  );
}

function recordOf(
  folder: ReleaseFolder,
  about: About,
  { uid, title, url, schema, window, capturedAt, panels }: Capture,
  snapshot: SnapshotRecord["snapshot"],
): SnapshotRecord {
  const shown = panels.filter(({ type }) => type !== "row");
  const names = [files.dashboard, files.frames, files.page];
  return {
    schema: "release-sentinel/snapshot/v1",
    ...about,
    dashboard: { uid, title, url, schema },
    snapshot,
    window: windowShown(window),
    capturedAt,
    captured: shown.filter(({ points }) => points > 0).length,
    notCaptured: shown
      .filter(({ points, reason }) => points === 0 && !/no queries$/.test(reason))
      .map(({ id, title: name, reason }) => ({ id, title: name, reason })),
    sha256: Object.fromEntries(names.map((name) => [name, hashOf(folder, name)])),
  };
}

function hashOf(folder: ReleaseFolder, name: string): string {
  return sha256(folder.read(name) ?? "");
}

function pageOf(dashboard: Dashboard, { tag, rehearsal, deployed }: RitualRelease, capture: Capture): string {
  const { settings, madeBy } = dashboard;
  return dashboardPage({
    tag,
    rehearsal,
    deployed,
    capture,
    judgement: judge(capture.panels, settings),
    madeBy,
  });
}

function said({ snapshot, captured, dashboard, window }: SnapshotRecord): string {
  const what = `${count(captured, "panel")} of dashboard ${dashboard.title} captured, ${betweenShown(window)}`;
  if (!snapshot) return `${what}, with a page of its own`;
  const verb = Date.parse(snapshot.expires) <= Date.now() ? "expired" : "expires";
  return `${what}; the snapshot in Grafana ${verb} at ${snapshot.expires.replace(/\.\d+Z$/, "Z")}`;
}

/** Grafana's own table takes 255 characters. */
function titleOf(title: string, { tag, rehearsal }: RitualRelease): string {
  return `${rehearsal ? "[rehearsal] " : ""}${printable(title, 150)} ${tag}`;
}

function expirySeconds({ settings }: Dashboard, { rehearsal }: RitualRelease): number {
  const ms = parseSpan(settings.expires ?? defaultExpiry) ?? 30 * dayMs;
  return Math.round((rehearsal ? Math.min(ms, dayMs) : ms) / 1000);
}

/** For people: what is asked of Grafana, without megabytes of numbers. */
function withoutData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutData);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "snapshot" && Array.isArray(item) ? `<${count(item.length, "frame")}>` : withoutData(item),
    ]),
  );
}
