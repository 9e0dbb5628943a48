import type { Series, Trail } from "../history.ts";
import type { WatchPolicy } from "../policy.ts";
import { thresholdOfSignal } from "../thresholds.ts";

/** One plot, as the page's script draws it. */
export interface Plot {
  readonly title: string;
  readonly note: string;
  readonly unit: "share" | "number";
  /** Milliseconds since 1970, growing. */
  readonly times: readonly number[];
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
  readonly threshold: number | null;
  readonly thresholdLabel: string;
  /** When it was deployed: a line in the plot. */
  readonly since: number;
}

export interface Plotted {
  readonly series: readonly Series[];
  readonly trails: readonly Trail[];
  readonly policy: WatchPolicy | null;
  readonly deployedAt: number;
}

/** A plot for each signal, with a line for each arm, and one for the evidence on each metric. */
export function plotsOf({ series, trails, policy, deployedAt }: Plotted): readonly Plot[] {
  const signals = [...Map.groupBy(series, ({ query }) => query.id).values()];
  return [
    ...signals.map((arms) => signalPlot(arms, policy, deployedAt)),
    ...trails.map((trail) => evidencePlot(trail, deployedAt)),
  ];
}

const whatIsShown = {
  errors: "share of requests that failed, each minute",
  saturation: "level, each minute's highest",
} as const;

function signalPlot(arms: readonly Series[], policy: WatchPolicy | null, since: number): Plot {
  const [one] = arms;
  const { id = "", kind = "errors", thresholdSeconds } = one?.query ?? {};
  const threshold = thresholdOfSignal(policy?.criteria ?? [], id);
  const times = [...new Set(arms.flatMap(({ points }) => points.map(({ start }) => start)))].sort(
    (a, b) => a - b,
  );
  return {
    title: id,
    note:
      kind === "latency"
        ? `share of requests slower than ${thresholdSeconds ?? "?"} s, each minute`
        : whatIsShown[kind],
    unit: "share",
    times,
    lines: arms.map(({ query, points }) => {
      const values = new Map(points.map(({ start, value }) => [start, value]));
      return {
        label: query.arm === "all" ? kind : query.arm,
        values: times.map((at) => values.get(at) ?? null),
      };
    }),
    threshold: threshold?.value ?? null,
    thresholdLabel: threshold?.label ?? "",
    since,
  };
}

function evidencePlot({ metric, bound, points }: Trail, since: number): Plot {
  return {
    title: `${metric}: evidence`,
    note: "ln E of both hypotheses; the first to cross its bound decides",
    unit: "number",
    times: points.map(({ at }) => at),
    lines: [
      { label: "abort", values: points.map(({ lnAbort }) => lnAbort) },
      { label: "promote", values: points.map(({ lnPromote }) => lnPromote) },
    ],
    threshold: bound,
    thresholdLabel: "bound",
    since,
  };
}
