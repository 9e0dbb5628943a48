import { StepFailure } from "../../core/step.ts";
import { showUrl } from "../../core/text.ts";
import type { HttpReader, HttpSend, HttpWriter } from "../readers.ts";
import { type DeliverLimits, deliver, deliverLimits } from "./deliver.ts";
import { byMetric, type MetricPoint } from "./point.ts";
import type { Pusher } from "./pusher.ts";

export interface PushgatewayPlace {
  /** Where it is, with a path if it has one: `http://host:9091`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Which variables the headers come from, for people. */
  readonly access: string;
  /** What the group is called: `job`, and the labels that tell this group from others. */
  readonly group: { readonly job: string } & Readonly<Record<string, string>>;
  readonly limits?: DeliverLimits;
}

const whom = "the Pushgateway";
const again = (status: number) => status === 429 || status >= 500;
const type = "text/plain; version=0.0.4; charset=utf-8";

/** A Pushgateway: one group, replaced whole, so that nothing of the release before stays in it. */
export function createPushgateway(
  http: HttpReader & Pick<HttpWriter, "send">,
  place: PushgatewayPlace,
): Pusher {
  const { group, access, limits = deliverLimits } = place;
  const url = groupUrl(place.url, group);
  const headers = { ...place.headers, "Content-Type": type };
  return {
    name: "pushgateway",
    to: `PUT ${showUrl(url)}`,
    type,
    render: (points) => exposition(points, group),
    async push(points, signal) {
      const body = exposition(points, group);
      await deliver(http, { url, method: "PUT", headers, body, whom, again, access }, limits, signal);
      return [];
    },
    async probe(signal) {
      // Whatever is pushed leaves something behind, be it empty.
      const ready = readyUrl(place.url);
      const question = {
        url: ready,
        method: "PUT" as const,
        headers: place.headers,
        body: "",
        whom,
        again,
        access,
      };
      await deliver({ send: (sending) => isReady(http, sending) }, question, limits, signal);
    },
  };
}

/** What only takes pushes (VictoriaMetrics, a proxy that lets nothing else through) does not know the question. */
async function isReady(http: HttpReader, { url, headers, maxBodyBytes = 0, signal }: HttpSend) {
  const answer = await http.request({ url, headers, maxBodyBytes, signal });
  return answer.status === 404 || answer.status === 405 ? { ...answer, status: 204 } : answer;
}

function readyUrl(base: string): string {
  const url = new URL(base);
  return `${withoutQuery(url)}/-/ready${url.search}`;
}

function withoutQuery({ href }: URL): string {
  return href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

/** @throws StepFailure */
function groupUrl(base: string, group: PushgatewayPlace["group"]): string {
  const url = URL.parse(base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new StepFailure(
      `${showUrl(base)} is no URL of a Pushgateway`,
      "write it as http://host:9091",
      true,
    );
  }
  const { job, ...rest } = group;
  const pairs = [["job", job] as const, ...Object.entries(rest).filter(([, value]) => value !== "")];
  const path = pairs.map(([name, value]) => segment(name, value)).join("/");
  return `${withoutQuery(url)}/metrics/${path}${url.search}`;
}

/** A `/` cannot stand in a path, not even encoded. */
function segment(name: string, value: string): string {
  if (!value.includes("/") && value !== "." && value !== "..") return `${name}/${encodeURIComponent(value)}`;
  return `${name}@base64/${Buffer.from(value).toString("base64url")}`;
}

/** Prometheus' text format, without timestamps: it refuses them. The group's own labels are put back by it. */
function exposition(points: readonly MetricPoint[], group: Readonly<Record<string, string>>): string {
  const lines = byMetric(points).flatMap((metric) => [
    `# HELP ${metric[0].name} ${metric[0].help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`,
    `# TYPE ${metric[0].name} ${metric[0].kind === "sum" ? "counter" : "gauge"}`,
    ...metric.map(({ name, labels, value }) => `${name}${braces(labels, group)} ${value}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function braces(labels: Readonly<Record<string, string>>, group: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .filter(([name, value]) => value !== "" && !Object.hasOwn(group, name))
    .map(([name, value]) => `${name}="${quoted(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function quoted(value: string): string {
  return value.toWellFormed().replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
