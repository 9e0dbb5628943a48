import { parseJson } from "../../core/json.ts";
import type { Secrets } from "../../core/mask.ts";
import { printable } from "../../core/text.ts";
import type { HttpReader, HttpWriter } from "../readers.ts";
import { grafanaAddress } from "./address.ts";
import { isTooDeep, jsonOf, refusal, tooDeep, tooLarge, wordsOf } from "./answer.ts";
import { GrafanaFailure } from "./failure.ts";
import { object, text } from "./json.ts";
import { annotationsOf, dataAnswerOf, dataSourcesOf, isNoSnapshot } from "./shapes.ts";
import { createTransport } from "./transport.ts";
import type { Grafana, GrafanaJson } from "./types.ts";

export interface GrafanaOptions {
  /** GRAFANA_URL. */
  readonly url: string;
  /** GRAFANA_API_KEY: the token of a service account. */
  readonly token: string;
  readonly http: HttpReader & HttpWriter;
  /** Gets the token, and masks what Grafana says. */
  readonly secrets: Secrets;
  /** Of one request; 30 s by default. */
  readonly timeoutMs?: number;
  readonly pauseMs?: number;
}

const megabyte = 1_000_000;
const longestDashboard = 10 * megabyte;

/** Grafana's HTTP API, over our own HTTP door. Opens nothing before it is asked. @throws GrafanaFailure for an address that cannot be used */
export function createGrafana(options: GrafanaOptions): Grafana {
  const token = options.token.trim();
  options.secrets.add(token);
  const { base, notice } = grafanaAddress(options.url);
  const transport = createTransport({
    http: options.http,
    secrets: options.secrets,
    base,
    token,
    timeoutMs: options.timeoutMs ?? 30_000,
    pauseMs: options.pauseMs ?? 1000,
  });
  const snapshotUrl = (key: string) => `${base}/dashboard/snapshot/${encodeURIComponent(key)}`;
  // Before it is cut: half a secret is one, too.
  const mask = (said: string) => options.secrets.mask(said);
  const livePath = (streamId: string) => `/api/live/push/${encodeURIComponent(streamId)}`;

  return {
    shown: base,
    notice,
    snapshotUrl,
    liveUrl: (streamId) => base + livePath(streamId),

    async health(signal) {
      const asked = { doing: "ask for Grafana's health" };
      const answer = await transport.get("/api/health", 64 * 1024, asked, signal);
      // A database that does not work is a 503 with the same body.
      const body = answer.status === 503 ? object(parseJson(answer.body)) : object(jsonOf(answer, asked));
      const database = text(body?.["database"]);
      if (!body || database === undefined) {
        if (answer.status === 503) throw refusal(answer, asked);
        throw new GrafanaFailure("address", "what answers at /api/health is not Grafana", {
          status: answer.status,
          remedy: "GRAFANA_URL must be the address before /api, with its path",
        });
      }
      const version = text(body["version"]);
      return {
        database: printable(mask(database), 100),
        version: version ? printable(mask(version), 60) : null,
      };
    },

    async dashboard(uid, signal) {
      const asked = {
        doing: `read dashboard ${printable(uid, 60)}`,
        right: "dashboards:read",
        what: "no dashboard with this uid",
      };
      // Grafana from 13 on can give a dashboard in either form; older ones do not look at what is asked for.
      const path = `/api/dashboards/uid/${encodeURIComponent(uid)}?apiVersion=v1beta1`;
      const answer = await transport.get(path, longestDashboard, asked, signal);
      if (answer.status === 404 && wordsOf(answer.body) !== null) {
        throw new GrafanaFailure(
          "missing",
          `Grafana has no dashboard with the uid ${printable(uid, 60)} (404)`,
          {
            status: 404,
            remedy:
              "take DASHBOARD_UID from the dashboard's address: /d/UID/name; the token must belong to its organisation",
          },
        );
      }
      const json = object(jsonOf(answer, asked));
      const dashboard = object(json?.["dashboard"]);
      if (!dashboard) {
        throw new GrafanaFailure("address", `cannot ${asked.doing}: the answer holds no dashboard`, {
          status: answer.status,
        });
      }
      const title = mask(text(dashboard["title"]) ?? uid);
      return { dashboard, title, url: `${base}/d/${encodeURIComponent(uid)}` };
    },

    async libraryPanel(uid, signal) {
      const asked = {
        doing: `read library panel ${printable(uid, 60)}`,
        right: "library.panels:read",
        what: "the library panel",
      };
      const path = `/api/library-elements/${encodeURIComponent(uid)}`;
      const json = object(jsonOf(await transport.get(path, longestDashboard, asked, signal), asked));
      const model = object(object(json?.["result"])?.["model"]);
      if (!model) throw new GrafanaFailure("refused", `cannot ${asked.doing}: the answer holds no model`);
      return model;
    },

    async dataSources(signal) {
      const asked = { doing: "read the names of the data sources" };
      const answer = await transport.get("/api/frontend/settings", 20 * megabyte, asked, signal);
      return dataSourcesOf(jsonOf(answer, asked));
    },

    async query({ from, to, queries }, maxBytes, signal) {
      const asked = { doing: "query the data source", right: "datasources:query", what: "the data source" };
      const body = JSON.stringify({ from: String(from), to: String(to), queries });
      const answer = await transport.ask("/api/ds/query", body, maxBytes, asked, signal);
      if (answer.bodyCut) throw tooLarge(answer, asked);
      if (isTooDeep(answer.body)) throw tooDeep(asked);
      // 400 is the answer when one of the queries failed: what the others gave stands in it too.
      const json = answer.status === 400 ? parseJson(answer.body) : jsonOf(answer, asked);
      const found = dataAnswerOf(json, Buffer.byteLength(answer.body), mask);
      if (found) return found;
      throw answer.status === 400
        ? refusal(answer, asked)
        : new GrafanaFailure("refused", "cannot query the data source: the answer holds no results");
    },

    async findAnnotations({ tags, from, to, dashboardUid }, signal) {
      const fields: [string, string][] = [
        ...tags.map((tag): [string, string] => ["tags", tag]),
        ...(from === undefined ? [] : [["from", String(from)] as [string, string]]),
        ...(to === undefined ? [] : [["to", String(to)] as [string, string]]),
        ...(dashboardUid === undefined ? [] : [["dashboardUID", dashboardUid] as [string, string]]),
        ["type", "annotation"],
        ["limit", "100"],
      ];
      const asked = { doing: "look for annotations", right: "annotations:read" };
      const path = `/api/annotations?${new URLSearchParams(fields)}`;
      return annotationsOf(jsonOf(await transport.get(path, 5 * megabyte, asked, signal), asked));
    },

    async createAnnotation({ text: said, tags, time, timeEnd, dashboardUid }, signal) {
      const asked = { doing: "create an annotation", right: "annotations:create" };
      const body = JSON.stringify({
        ...(dashboardUid === undefined ? {} : { dashboardUID: dashboardUid }),
        time,
        timeEnd,
        tags,
        text: said,
      });
      const answer = await transport.write("/api/annotations", body, "application/json", asked, signal);
      const { id } = Object(jsonOf(answer, asked)) as GrafanaJson;
      if (typeof id !== "number") throw unclear(asked.doing);
      return id;
    },

    async createSnapshot({ name, dashboard, expires, key, deleteKey }, signal) {
      options.secrets.add(deleteKey);
      const asked = { doing: "create a snapshot", right: "snapshots:create" };
      const body = JSON.stringify({ dashboard, name, expires, external: false, key, deleteKey });
      const answer = await transport.write("/api/snapshots", body, "application/json", asked, signal);
      const given = Object(jsonOf(answer, asked)) as GrafanaJson;
      // Whoever has one of these may delete it, without logging in.
      for (const secret of ["deleteKey", "deleteUrl"]) options.secrets.add(text(given[secret]));
      const made = text(given["key"]);
      if (made === undefined) throw unclear(asked.doing);
      return { key: made, url: snapshotUrl(made) };
    },

    async findSnapshot(key, signal) {
      const asked = { doing: "look for the snapshot", right: "snapshots:read" };
      const path = `/api/snapshots/${encodeURIComponent(key)}`;
      // All of its data follows; what we look for stands before it.
      const answer = await transport.get(path, 16 * 1024, asked, signal);
      if (isNoSnapshot(answer.status, answer.body)) return null;
      if (answer.status !== 200 || !/^\s*\{/.test(answer.body)) throw refusal(answer, asked);
      return { expires: /"expires":\s*"([^"]{10,40})"/.exec(answer.body)?.[1] ?? null };
    },

    async pushLive(streamId, lines, signal) {
      const asked = { doing: "push to Grafana Live" };
      await transport.write(livePath(streamId), lines, "text/plain", asked, signal);
    },
  };
}

function unclear(doing: string): GrafanaFailure {
  return new GrafanaFailure("refused", `cannot ${doing}: Grafana's answer does not say what it made`, {
    uncertain: true,
  });
}
