import { printable } from "../../core/text.ts";
import { wordsOf } from "./answer.ts";
import { list, object, text } from "./json.ts";
import type { Annotation, DataAnswer, Frame, GrafanaDataSource, GrafanaJson, QueryResult } from "./types.ts";

/** Out of what a browser is told when it opens Grafana: the only list that every role may read. */
export function dataSourcesOf(settings: unknown): readonly GrafanaDataSource[] {
  const { datasources, defaultDatasource } = Object(settings) as GrafanaJson;
  return Object.entries(object(datasources) ?? {}).flatMap(([name, value]) => {
    const { uid, type } = Object(value) as GrafanaJson;
    if (typeof uid !== "string" || typeof type !== "string") return [];
    return [{ uid, name, type, isDefault: name === defaultDatasource }];
  });
}

/** Null when it is not of that shape. @param mask what a data source says comes into messages */
export function dataAnswerOf(
  json: unknown,
  bytes: number,
  mask: (said: string) => string,
): DataAnswer | null {
  const results = object((Object(json) as GrafanaJson)["results"]);
  if (!results) return null;
  return {
    bytes,
    results: new Map(Object.entries(results).map(([refId, result]) => [refId, resultOf(result, mask)])),
  };
}

function resultOf(value: unknown, mask: (said: string) => string): QueryResult {
  const { frames, error, status } = Object(value) as GrafanaJson;
  const failed = typeof status === "number" && status >= 400 ? `it answered ${status}` : null;
  return {
    frames: list(frames).filter((frame): frame is Frame => object(frame) !== undefined),
    error: typeof error === "string" && error !== "" ? printable(mask(error), 400) : failed,
  };
}

export function annotationsOf(json: unknown): readonly Annotation[] {
  return list(json).flatMap((value) => {
    const { id, text: said, tags, time, timeEnd, dashboardUID } = Object(value) as GrafanaJson;
    if (typeof id !== "number" || typeof time !== "number") return [];
    return [
      {
        id,
        text: typeof said === "string" ? said : "",
        tags: list(tags).map(String),
        time,
        timeEnd: typeof timeEnd === "number" ? timeEnd : null,
        dashboardUid: text(dashboardUID) ?? null,
      },
    ];
  });
}

/** Older ones answer 500 with these words for what is not there. */
export function isNoSnapshot(status: number, body: string): boolean {
  return status === 404 || (status === 500 && /snapshot/i.test(wordsOf(body) ?? ""));
}
