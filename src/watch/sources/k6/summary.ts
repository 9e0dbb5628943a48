/** One metric of a k6 summary, whichever of its two shapes it was written in. */
export interface K6Metric {
  /** `count`, `rate`, `passes`, `fails`, `p(95)`, `max`, … */
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds: readonly { readonly text: string; readonly crossed: boolean }[];
}

export interface K6Summary {
  readonly metrics: ReadonlyMap<string, K6Metric>;
  /** Milliseconds; null where nothing tells. */
  readonly durationMs: number | null;
}

type Plain = Readonly<Record<string, unknown>>;

/** @throws Error with a few words when it is no summary of k6 */
export function parseSummary(text: string): K6Summary {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("is not JSON");
  }
  const { metrics, state } = Object(json) as { metrics?: unknown; state?: Plain };
  if (metrics === null || typeof metrics !== "object")
    throw new Error("is no summary of k6: it has no metrics");
  const all = new Map(Object.entries(metrics as Plain).map(([name, metric]) => [name, metricOf(metric)]));
  if (all.size === 0) throw new Error("has no metrics in it");
  const told = Object(state)["testRunDurationMs"];
  const { count, rate } = all.get("http_reqs")?.values ?? {};
  const worked = count !== undefined && rate ? (count / rate) * 1000 : null;
  return { metrics: all, durationMs: typeof told === "number" && told > 0 ? told : worked };
}

/**
 * `handleSummary` gives `{values: {…}, thresholds: {"p(95)<500": {ok: true}}}`; `--summary-export` gives the values themselves and
 * `thresholds: {"p(95)<500": false}`, where true means crossed.
 */
function metricOf(metric: unknown): K6Metric {
  const { values, thresholds, ...flat } = Object(metric) as { values?: unknown; thresholds?: unknown };
  const numbers = Object.entries(Object(values ?? flat) as Plain).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number" && Number.isFinite(entry[1]),
  );
  return {
    values: Object.fromEntries(numbers),
    thresholds: Object.entries(Object(thresholds) as Plain).map(([text, state]) => ({
      text,
      crossed: typeof state === "boolean" ? state : Object(state)["ok"] !== true,
    })),
  };
}

/**
 * The part of a trend's values above a limit, by its percentiles; between two that are known, on a straight line.
 * @returns undefined when too little is known to say
 */
export function partAbove({ values }: K6Metric, limit: number): number | undefined {
  const at = (name: string): number | undefined => {
    const percentile = /^p\((\d+(?:\.\d+)?)\)$/.exec(name)?.[1];
    if (percentile !== undefined) return Number(percentile) / 100;
    return { min: 0, med: 0.5, max: 1 }[name];
  };
  const points = Object.entries(values)
    .flatMap(([name, value]) => {
      const part = at(name);
      return part === undefined ? [] : [{ part, value }];
    })
    .sort((a, b) => a.part - b.part);
  const above = points.find(({ value }) => value > limit);
  const below = points.findLast(({ value }) => value <= limit);
  if (!above) return below?.part === 1 ? 0 : undefined;
  if (!below) return above.part === 0 ? 1 : undefined;
  const between = (limit - below.value) / (above.value - below.value);
  return 1 - (below.part + between * (above.part - below.part));
}
