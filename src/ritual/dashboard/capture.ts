import { GrafanaFailure } from "../../clients/grafana/failure.ts";
import { object, objects, text } from "../../clients/grafana/json.ts";
import type { Frame, Grafana, GrafanaJson } from "../../clients/grafana/types.ts";
import { createLimit } from "../../core/limit.ts";
import { printable } from "../../core/text.ts";
import { type Asked, askAll, type Bounds, type PanelState } from "./ask.ts";
import { isSchemaV2, libraryUid, type PanelModel, panelsOf, withLibrary } from "./model.ts";
import { type Question, questionOf } from "./questions.ts";
import { repeated } from "./repeat.ts";
import { classicOf } from "./schema-v2.ts";
import { createSources } from "./sources.ts";
import type { Window } from "./time.ts";
import { variablesOf } from "./variables.ts";

/** One panel, with what its queries gave. */
export interface CapturedPanel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly row: string | null;
  /** For people. */
  readonly datasource: string;
  readonly refIds: readonly string[];
  readonly state: PanelState;
  readonly reason: string;
  /** What is not as in Grafana: transformations, filters. */
  readonly notes: readonly string[];
  readonly points: number;
  /** How it is drawn: options, fieldConfig, gridPos and the like, without its queries. */
  readonly model: GrafanaJson;
  readonly frames: readonly Frame[];
}

/** A dashboard at one moment, with its data. */
export interface Capture {
  readonly uid: string;
  readonly title: string;
  /** In Grafana. */
  readonly url: string;
  /** Of Grafana; null where it is not shown. */
  readonly version: string | null;
  readonly schema: "classic" | "v2";
  readonly window: Window;
  /** RFC 3339. */
  readonly capturedAt: string;
  readonly warnings: readonly string[];
  /** As it is stored. */
  readonly dashboard: GrafanaJson;
  readonly panels: readonly CapturedPanel[];
}

export interface CaptureRequest {
  readonly uid: string;
  readonly window: Window;
  readonly variables: Readonly<Record<string, string | readonly string[]>>;
  readonly bounds: Bounds;
}

const mostPanels = 1000;

/** Reads a dashboard and asks for all of its data. @throws GrafanaFailure, or the signal's reason */
export async function captureDashboard(
  grafana: Grafana,
  request: CaptureRequest,
  signal: AbortSignal,
): Promise<Capture> {
  const { uid, window, bounds } = request;
  const { version } = await healthy(grafana, signal);
  const { dashboard, url, ...named } = await grafana.dashboard(uid, signal);
  const title = printable(named.title, 200);
  const isV2 = isSchemaV2(dashboard);
  const classic = isV2 ? classicOf(dashboard) : dashboard;
  const { variables, warnings } = variablesOf(classic, request.variables);
  const written = panelsOf(classic);
  const kept = await withLibraries(written.slice(0, mostPanels), grafana, bounds, signal);
  const { panels, hasMore } = repeated(kept, variables, mostPanels);
  const asking = {
    variables,
    window,
    builtins: { ...window, dashboard: { title, uid }, timezone: timezoneOf(classic) },
    sources: createSources(grafana, signal),
    adhoc: adhocOf(classic),
  };
  const questions = await Promise.all(panels.map((panel) => questionOf(panel, asking)));
  const asked = await askAll(questions, grafana, bounds, signal);
  return {
    uid,
    title,
    url,
    version,
    schema: isV2 ? "v2" : "classic",
    window,
    capturedAt: new Date().toISOString(),
    warnings: [
      ...warnings,
      ...(hasMore || written.length > mostPanels
        ? [`only the first ${mostPanels} panels were asked: the dashboard has more`]
        : []),
    ],
    dashboard,
    panels: questions.map((question, i) => captured(question, asked[i])),
  };
}

/** @throws GrafanaFailure when Grafana says that it is not well */
export async function healthy(grafana: Grafana, signal: AbortSignal): Promise<{ version: string | null }> {
  const { database, version } = await grafana.health(signal);
  if (database === "ok") return { version };
  throw new GrafanaFailure("down", `Grafana is not healthy: its database says ${database}`, {
    remedy: "look at Grafana's log, then run it again",
  });
}

async function withLibraries(
  panels: readonly PanelModel[],
  grafana: Grafana,
  { concurrency }: Bounds,
  signal: AbortSignal,
): Promise<readonly PanelModel[]> {
  const limit = createLimit(concurrency);
  const uids = [...new Set(panels.map(libraryUid).filter((uid) => uid !== undefined))];
  const models = new Map(
    await Promise.all(
      uids.map((uid) => limit(async () => [uid, await libraryOf(uid, grafana, signal)] as const)),
    ),
  );
  return panels.map((panel) => {
    const uid = libraryUid(panel);
    const model = uid === undefined ? undefined : models.get(uid);
    if (model === undefined) return panel;
    // Some answers hold the model already.
    if (typeof model !== "string") return withLibrary(panel, model);
    return objects(panel.json["targets"]).length > 0 ? panel : { ...panel, trouble: model };
  });
}

/** Its model, or why it cannot be had. */
async function libraryOf(uid: string, grafana: Grafana, signal: AbortSignal): Promise<GrafanaJson | string> {
  try {
    return await grafana.libraryPanel(uid, signal);
  } catch (error) {
    if (error instanceof GrafanaFailure && error.kind !== "token") return error.message;
    throw error;
  }
}

function timezoneOf({ timezone }: GrafanaJson): string {
  const zone = text(timezone);
  return zone === undefined || zone === "browser" || zone === "utc" ? "UTC" : zone;
}

/** Filters that are set: Grafana's page puts them into queries, and only the page can. */
function adhocOf(dashboard: GrafanaJson): readonly string[] {
  return objects(object(dashboard["templating"])?.["list"])
    .filter(({ type, filters }) => type === "adhoc" && objects(filters).length > 0)
    .map(({ name }) => printable(String(name), 60));
}

/** What no longer means anything once the data is there, or would ask again. */
const queryKeys = new Set([
  "targets",
  "datasource",
  "libraryPanel",
  "repeat",
  "repeatDirection",
  "maxPerRow",
  "repeatPanelId",
  "scopedVars",
  "links",
  "snapshotData",
  "alert",
  "panels",
  "timeFrom",
  "timeShift",
]);

function captured(question: Question, asked: Asked | undefined): CapturedPanel {
  const { panel, title, row, datasource, refIds, notes } = question;
  const {
    state,
    reason,
    points,
    frames,
    notes: more,
  } = asked ?? {
    state: "broken" as const,
    reason: "it was not asked",
    points: 0,
    frames: [],
    notes: [],
  };
  const model = Object.fromEntries(Object.entries(panel.json).filter(([key]) => !queryKeys.has(key)));
  return {
    id: panel.id,
    title,
    type: panel.type,
    row,
    datasource,
    refIds,
    state,
    reason,
    notes: [...notes, ...more],
    points,
    model: { ...model, id: panel.id, title, type: panel.type },
    frames,
  };
}
