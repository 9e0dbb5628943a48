import type { MetricPoint } from "./point.ts";

export type PusherName = "otlp" | "remote-write" | "pushgateway" | "grafana-live";

/** Something that points can be pushed to. Pushed twice, the same points do no harm: the later one stands. */
export interface Pusher {
  readonly name: PusherName;
  /** For people: method and URL, without secrets. */
  readonly to: string;
  /** The media type of what is sent. */
  readonly type: string;
  /** What would be sent, readable; where bytes are sent, their meaning as JSON. */
  render(points: readonly MetricPoint[]): string;
  /** Sends them; answers what the receiver warns of, each one line. @throws StepFailure */
  push(points: readonly MetricPoint[], signal: AbortSignal): Promise<readonly string[]>;
  /** Finds out whether it would be taken, and leaves nothing behind. @throws StepFailure */
  probe(signal: AbortSignal): Promise<void>;
}
