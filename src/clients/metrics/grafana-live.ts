import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { GrafanaFailure } from "../grafana/failure.ts";
import type { Grafana } from "../grafana/types.ts";
import type { MetricPoint } from "./point.ts";
import type { Pusher } from "./pusher.ts";

export interface GrafanaLivePlace {
  readonly grafana: Pick<Grafana, "pushLive" | "liveUrl">;
  /** Letters, digits and `_`: panels subscribe to `stream/<this>/<metric>`. */
  readonly stream: string;
  /** Milliseconds before the second attempt, the third …; as many attempts as entries, and one. */
  readonly backoffMs?: readonly number[];
}

/** Grafana's own push endpoint. It shows what is pushed to whoever looks at it then, and keeps none of it. */
export function createGrafanaLive({ grafana, stream, backoffMs = [1000, 2000] }: GrafanaLivePlace): Pusher {
  async function push(points: readonly MetricPoint[], signal: AbortSignal, attempt = 0): Promise<void> {
    try {
      await grafana.pushLive(stream, lines(points), signal);
    } catch (error) {
      if (!(error instanceof GrafanaFailure)) throw error;
      const pause = mayPass(error) ? backoffMs[attempt] : undefined;
      if (pause === undefined) throw new StepFailure(error.message, orWithout(error));
      await sleep(pause, signal);
      await push(points, signal, attempt + 1);
    }
  }
  return {
    name: "grafana-live",
    to: `POST ${grafana.liveUrl(stream)}`,
    type: "text/plain",
    render: lines,
    async push(points, signal) {
      await push(points, signal);
      return [];
    },
    // It has no question that leaves nothing behind; who has no access hears it from the push.
    probe: async () => {},
  };
}

/** Nobody may have asked for it: it is pushed to where nothing else is. */
function orWithout({ remedy }: GrafanaFailure): string {
  return [...(remedy === undefined ? [] : [remedy]), "go without it: ritual.metrics.grafanaLive: false"].join(
    ", or ",
  );
}

function mayPass({ passing, status }: GrafanaFailure): boolean {
  return passing || status === 429 || status === 502 || status === 503 || status === 504;
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
    .map(([key, text]) => `,${key}=${escaped(text)}`);
  return `${name}${tags.join("")} value=${value} ${BigInt(Math.round(at)) * 1_000_000n}`;
}

/** A line break would end the line, and a backslash at the end would take the separator with it. */
function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x1f\x7f]+/g, " ")
    .trim()
    .replace(/\\+$/, "");
}

function escaped(text: string): string {
  return text.replace(/[,= ]/g, (char) => `\\${char}`);
}
