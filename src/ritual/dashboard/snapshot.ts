import { createHmac } from "node:crypto";
import { object, objects } from "../../clients/grafana/json.ts";
import type { GrafanaJson } from "../../clients/grafana/types.ts";
import type { Capture, CapturedPanel } from "./capture.ts";

const source = { type: "grafana", uid: "grafana" };

/** The dashboard as a snapshot holds it: its data inside, an absolute time, nothing that would be asked again. */
export function snapshotDashboard(capture: Capture, title: string): GrafanaJson {
  const { uid, window, dashboard, panels } = capture;
  return {
    // Grafana looks whether there is a dashboard with this uid.
    uid,
    id: null,
    title,
    tags: dashboard["tags"] ?? [],
    timezone: dashboard["timezone"] ?? "browser",
    schemaVersion: capture.schema === "v2" ? 41 : (dashboard["schemaVersion"] ?? 36),
    graphTooltip: dashboard["graphTooltip"] ?? 0,
    editable: false,
    links: [],
    refresh: "",
    time: { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    timepicker: {},
    annotations: { list: [] },
    templating: { list: variables(dashboard) },
    snapshot: { timestamp: capture.capturedAt },
    panels: panels.map(snapshotPanel),
  };
}

function snapshotPanel({ model, type, state, reason, frames, refIds }: CapturedPanel): GrafanaJson {
  if (type === "row") return { ...model, collapsed: false, panels: [] };
  if (state === "not-queried" && frames.length === 0 && refIds.length === 0) return model;
  const why = state === "ok" ? {} : { description: `Not captured: ${reason}` };
  return {
    ...model,
    ...why,
    datasource: source,
    targets: [{ refId: "A", datasource: source, queryType: "snapshot", snapshot: frames }],
  };
}

/** With the values that they have now, and nothing that asks for others. */
function variables(dashboard: GrafanaJson): readonly GrafanaJson[] {
  return objects(object(dashboard["templating"])?.["list"])
    .filter(({ type }) => type !== "adhoc")
    .map((variable) => ({
      ...variable,
      datasource: null,
      query: "",
      definition: "",
      refresh: 0,
      options: object(variable["current"]) ? [variable["current"]] : [],
    }));
}

/**
 * The keys that a snapshot is made with. They follow from the token and from what is in it: a run that was killed
 * between sending and writing down finds its own snapshot again, and whoever has the token can tell the key that
 * deletes it, which is written down nowhere.
 */
export function keysOf(
  token: string,
  about: {
    readonly tag: string;
    readonly commit: string;
    readonly uid: string;
    readonly framesSha256: string;
  },
): { readonly key: string; readonly deleteKey: string } {
  const { tag, commit, uid, framesSha256 } = about;
  const derived = (purpose: string) =>
    createHmac("sha256", token)
      .update(JSON.stringify(["release-sentinel/snapshot/v1", purpose, uid, tag, commit, framesSha256]))
      .digest("hex")
      .slice(0, 32);
  return { key: derived("look"), deleteKey: derived("delete") };
}
