import { createHash } from "node:crypto";
import { object, objects } from "../../clients/grafana/json.ts";
import type { ReleaseFolder } from "../../clients/release-folder.ts";
import type { PanelState } from "./ask.ts";
import type { Capture, CapturedPanel } from "./capture.ts";
import type { Judgement } from "./judge.ts";

export const files = {
  probe: "dashboard/probe.json",
  probeTable: "dashboard/probe.md",
  dashboard: "dashboard/dashboard.json",
  frames: "dashboard/frames.json",
  page: "dashboard/index.html",
  snapshot: "dashboard/snapshot.json",
} as const;

/** What a record is about. */
export interface About {
  readonly tag: string;
  readonly commit: string;
  /** Digest of what was asked: dashboard, window, variables. Unknown: whatever was asked will do. */
  readonly asked?: string | undefined;
}

export interface ProbedPanel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly row: string | null;
  readonly datasource: string;
  readonly refIds: readonly string[];
  readonly state: PanelState;
  readonly reason: string;
  readonly notes: readonly string[];
  readonly points: number;
}

/** `dashboard/probe.json`. */
export interface ProbeRecord extends About, Judgement {
  readonly schema: "release-sentinel/probe/v1";
  readonly dashboard: {
    readonly uid: string;
    readonly title: string;
    readonly url: string;
    readonly schema: string;
  };
  readonly grafana: string | null;
  /** RFC 3339. */
  readonly window: { readonly from: string; readonly to: string };
  readonly capturedAt: string;
  readonly panels: readonly ProbedPanel[];
  /** Of the files that hold what was seen, by their names. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** `dashboard/snapshot.json`. */
export interface SnapshotRecord extends About {
  readonly schema: "release-sentinel/snapshot/v1";
  readonly dashboard: ProbeRecord["dashboard"];
  /** In Grafana; null where none was wanted there. */
  readonly snapshot: { readonly url: string; readonly key: string; readonly expires: string } | null;
  readonly window: ProbeRecord["window"];
  readonly capturedAt: string;
  readonly captured: number;
  readonly notCaptured: readonly { readonly id: number; readonly title: string; readonly reason: string }[];
  readonly sha256: Readonly<Record<string, string>>;
}

/** Writes what was seen, and answers its hashes. @throws StepFailure */
export function writeCapture(folder: ReleaseFolder, about: About, capture: Capture): Record<string, string> {
  const { dashboard, ...seen } = capture;
  const { tag, commit } = about;
  const contents = {
    [files.dashboard]: `${JSON.stringify(dashboard, null, 2)}\n`,
    [files.frames]: `${JSON.stringify({ ...seen, schema: "release-sentinel/frames/v1", form: seen.schema, tag, commit })}\n`,
  };
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => {
      folder.write(name, content);
      // What is kept may be masked once more.
      return [name, sha256(folder.read(name) ?? "")];
    }),
  );
}

/** What an earlier step, or an earlier run, has seen: null where there is nothing of this commit, or it was changed since. */
export function readCapture(folder: ReleaseFolder, about: About): Capture | null {
  const probe = readProbe(folder, about);
  if (!probe || !isWhole(folder, probe.sha256)) return null;
  const dashboard = parsed(folder.read(files.dashboard));
  const frames = parsed(folder.read(files.frames));
  if (!dashboard || frames?.["tag"] !== about.tag || frames["commit"] !== about.commit) return null;
  const { form, tag: _, commit: __, ...seen } = frames;
  return { ...(seen as unknown as Capture), schema: form as Capture["schema"], dashboard };
}

/** @throws StepFailure when it is there and cannot be read */
export function readProbe(folder: ReleaseFolder, about: About): ProbeRecord | null {
  return record(folder, files.probe, "release-sentinel/probe/v1", about) as ProbeRecord | null;
}

/** @throws StepFailure when it is there and cannot be read */
export function readSnapshot(folder: ReleaseFolder, about: About): SnapshotRecord | null {
  return record(folder, files.snapshot, "release-sentinel/snapshot/v1", about) as SnapshotRecord | null;
}

/** Null for what is not there, is of another release, answers another question, or is none of ours. */
function record(folder: ReleaseFolder, name: string, schema: string, about: About): unknown {
  const json = parsed(folder.read(name));
  const { tag, commit, asked } = about;
  const isOurs = json?.["schema"] === schema && json["tag"] === tag && json["commit"] === commit;
  const isAsked = asked === undefined || json?.["asked"] === asked;
  return isOurs && isAsked && object(json["sha256"]) && object(json["dashboard"]) ? json : null;
}

/** Whether every file is there as it was written. */
export function isWhole(folder: ReleaseFolder, hashes: Readonly<Record<string, string>>): boolean {
  return Object.entries(hashes).every(([name, hash]) => {
    const content = folder.read(name);
    return content !== null && sha256(content) === hash;
  });
}

export function probedPanels(panels: readonly CapturedPanel[]): readonly ProbedPanel[] {
  return panels.filter(({ type }) => type !== "row").map(({ model: _, frames: __, ...panel }) => panel);
}

export function windowShown({ from, to }: Capture["window"]): ProbeRecord["window"] {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** What was looked at, whatever a later run would look at. */
export function betweenShown({ from, to }: ProbeRecord["window"]): string {
  return `from ${from} to ${to}`.replace(/\.\d+Z/g, "Z");
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function parsed(content: Buffer | null): Record<string, unknown> | undefined {
  if (content === null) return undefined;
  try {
    const json: unknown = JSON.parse(content.toString("utf8"));
    return objects([json])[0];
  } catch {
    return undefined;
  }
}
