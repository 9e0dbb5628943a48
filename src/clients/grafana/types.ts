/** An object out of Grafana's own JSON, of which only some keys are known. */
export type GrafanaJson = Readonly<Record<string, unknown>>;

export interface GrafanaHealth {
  /** `12.4.1`; null where it is not shown. */
  readonly version: string | null;
  /** `ok`, or what Grafana says of its own database. */
  readonly database: string;
}

export interface GrafanaDashboard {
  /** As it is stored: with `panels`, or with `elements` and `layout` (schema v2). */
  readonly dashboard: GrafanaJson;
  readonly title: string;
  /** Web address, without secrets. */
  readonly url: string;
}

export interface GrafanaDataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly isDefault: boolean;
}

/** One field of a frame: its values stand at the same place in `data.values`. */
export interface FrameField {
  readonly name: string;
  /** `time`, `number`, `string`, `boolean`, `other` … */
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly config?: GrafanaJson | null;
}

/** A table of columns, as `/api/ds/query` answers it and as a snapshot holds it. */
export interface Frame {
  readonly schema?: {
    readonly refId?: string;
    readonly name?: string;
    readonly meta?: GrafanaJson | null;
    readonly fields?: readonly FrameField[];
  };
  readonly data?: {
    /** One list for each field; times are milliseconds since 1970. */
    readonly values?: readonly (readonly unknown[])[];
    /** NaN and infinities, which JSON has no words for: their rows, for each field. */
    readonly entities?: readonly (GrafanaJson | null)[];
    readonly nanos?: readonly unknown[];
  };
}

export interface DataQuery {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** With refId, datasource, intervalMs and maxDataPoints each; variables filled in. */
  readonly queries: readonly GrafanaJson[];
}

export interface QueryResult {
  readonly frames: readonly Frame[];
  /** What the data source said; null: it answered. One line. */
  readonly error: string | null;
}

export interface DataAnswer {
  readonly results: ReadonlyMap<string, QueryResult>;
  /** Bytes of the answer. */
  readonly bytes: number;
}

export interface Annotation {
  readonly id: number;
  readonly text: string;
  readonly tags: readonly string[];
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly timeEnd: number | null;
  readonly dashboardUid: string | null;
}

export interface AnnotationSearch {
  /** All of them. */
  readonly tags: readonly string[];
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
  readonly dashboardUid?: string;
}

export interface NewAnnotation {
  readonly text: string;
  readonly tags: readonly string[];
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly timeEnd: number;
  /** Without it, it belongs to the whole organisation. */
  readonly dashboardUid?: string;
}

export interface NewSnapshot {
  readonly name: string;
  readonly dashboard: GrafanaJson;
  /** Seconds; after them Grafana removes it. */
  readonly expires: number;
  /** The last part of its web address; whoever has it may look. */
  readonly key: string;
  /** Whoever has it may delete the snapshot, without logging in: a secret. */
  readonly deleteKey: string;
}

export interface Snapshot {
  readonly key: string;
  /** Where people look at it. */
  readonly url: string;
}

export interface GrafanaReader {
  /** For people: no secret is in it. */
  readonly shown: string;
  /** What is not good about the address, though it works: the token goes there unencrypted. */
  readonly notice: string | null;
  health(signal: AbortSignal): Promise<GrafanaHealth>;
  dashboard(uid: string, signal: AbortSignal): Promise<GrafanaDashboard>;
  /** The model of a library panel. */
  libraryPanel(uid: string, signal: AbortSignal): Promise<GrafanaJson>;
  dataSources(signal: AbortSignal): Promise<readonly GrafanaDataSource[]>;
  /**
   * Asks data sources, through Grafana. A query that its data source refuses is a result with an error, no failure.
   * @throws GrafanaFailure `too-large` when the answer is longer than `maxBytes`
   */
  query(query: DataQuery, maxBytes: number, signal: AbortSignal): Promise<DataAnswer>;
  findAnnotations(search: AnnotationSearch, signal: AbortSignal): Promise<readonly Annotation[]>;
  /** When a snapshot expires (RFC 3339, null where that is not said); null where there is none with this key. */
  findSnapshot(key: string, signal: AbortSignal): Promise<{ readonly expires: string | null } | null>;
  snapshotUrl(key: string): string;
  /** Where Influx line protocol is pushed to Grafana Live. */
  liveUrl(streamId: string): string;
}

export interface GrafanaWriter {
  /** Its number. Grafana has nothing against two that are equal: look first. */
  createAnnotation(annotation: NewAnnotation, signal: AbortSignal): Promise<number>;
  createSnapshot(snapshot: NewSnapshot, signal: AbortSignal): Promise<Snapshot>;
  /** Pushes lines of Influx line protocol to Grafana Live. */
  pushLive(streamId: string, lines: string, signal: AbortSignal): Promise<void>;
}

/** All of them throw GrafanaFailure, or the signal's reason. */
export interface Grafana extends GrafanaReader, GrafanaWriter {}
