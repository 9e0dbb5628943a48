import { StepFailure } from "../../core/step.ts";
import { showUrl } from "../../core/text.ts";
import type { HttpWriter } from "../readers.ts";
import { type DeliverLimits, deliver, deliverLimits } from "./deliver.ts";
import type { MetricPoint } from "./point.ts";
import type { Pusher } from "./pusher.ts";

export interface GrafanaLivePlace {
  /** Where Grafana is, with a path if it has one. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Which variables the headers come from, for people. */
  readonly access: string;
  /** Letters, digits and `_`: panels subscribe to `stream/<this>/<metric>`. */
  readonly stream: string;
  readonly limits?: DeliverLimits;
}

const whom = "Grafana Live";
const again = (status: number) => status === 429 || status === 502 || status === 503 || status === 504;
const type = "text/plain; charset=utf-8";

/** Grafana's own push endpoint. It shows what is pushed to whoever looks, and keeps none of it. */
export function createGrafanaLive(http: Pick<HttpWriter, "send">, place: GrafanaLivePlace): Pusher {
  const { stream, access, limits = deliverLimits } = place;
  const base = URL.parse(place.url);
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new StepFailure(`${showUrl(place.url)} is no URL of a Grafana`, "write it as https://host", true);
  }
  const root = `${base.origin}${base.pathname.replace(/\/+$/, "")}`;
  const url = `${root}/api/live/push/${stream}`;
  const headers = { ...place.headers, "Content-Type": type };
  return {
    name: "grafana-live",
    to: `POST ${showUrl(url)}`,
    type,
    render: lines,
    async push(points, signal) {
      const body = lines(points);
      await deliver(http, { url, method: "POST", headers, body, whom, again, access }, limits, signal);
      return [];
    },
    // It has no question that leaves nothing behind; who has no access hears it from the push.
    probe: async () => {},
  };
}

/** Influx line protocol, a line each; times in nanoseconds. */
function lines(points: readonly MetricPoint[]): string {
  return points.map((point) => `${line(point)}\n`).join("");
}

function line({ name, labels, value, at }: MetricPoint): string {
  const tags = Object.entries(labels)
    .map(([key, text]) => [key, plain(text)] as const)
    .filter(([, text]) => text !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => `,${escaped(key, /[,= ]/g)}=${escaped(text, /[,= ]/g)}`);
  return `${escaped(name, /[, ]/g)}${tags.join("")} value=${value} ${BigInt(Math.round(at)) * 1_000_000n}`;
}

/** A line break would end the line, and a backslash at the end would take the separator with it. */
function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x1f\x7f]+/g, " ")
    .trim()
    .replace(/\\+$/, "");
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (char) => `\\${char}`);
}
