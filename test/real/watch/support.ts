import { onTestFinished } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { createHttp } from "../../../src/clients/http.ts";
import type { ProgramReader } from "../../../src/clients/readers.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { createSource } from "../../../src/watch/sources/index.ts";
import type { PrometheusOptions } from "../../../src/watch/sources/options.ts";
import type { Answer, SignalQuery, Source, TimeRange } from "../../../src/watch/types.ts";
import { past } from "../../support/real/prometheus.ts";

export const minute = 60_000;
export const never = new AbortController().signal;

export interface Asking {
  readonly source: Source;
  read(query: Partial<SignalQuery>, range: TimeRange): Promise<Answer>;
  prove(...queries: Partial<SignalQuery>[]): ReturnType<Source["prove"]>;
}

/** A source with real connections. */
export async function asking(
  options: PrometheusOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<Asking> {
  const secrets = new Secrets();
  const reader = createEnv(env, secrets);
  const http = createHttp({ env: reader, secrets });
  const programs = {} as ProgramReader;
  const source = await createSource(
    { kind: "prometheus", prometheus: { timeoutMs: 10_000, ...options } },
    { http, env: reader, programs },
  );
  onTestFinished(async () => {
    await source.close();
    http.close();
  });
  return {
    source,
    read: (query, range) => source.read(asked(query), range, never),
    prove: (...queries) => source.prove(queries.map(asked), never),
  };
}

export function asked(query: Partial<SignalQuery>): SignalQuery {
  const { kind = "errors" } = query;
  return {
    id: `shop/${kind}`,
    kind,
    service: "shop",
    arm: "all",
    labels: { job: "shop" },
    query: {},
    ...(kind === "latency" ? { thresholdSeconds: 1.5 } : {}),
    ...query,
  };
}

/** `[minutes after the range's beginning, total, bad]`, or `[…, level]`. */
export function minutesOf(answer: Answer, range: TimeRange): number[][] {
  if (answer.state === "levels") {
    return answer.buckets.map(({ start, level }) => [(start - range.from) / minute, level]);
  }
  if (answer.state !== "counts") throw new Error(`${answer.state}: ${answer.why}`);
  return answer.buckets.map(({ start, total, bad }) => [(start - range.from) / minute, total, bad]);
}

/** Samples every 15 s for half an hour that ended two minutes ago: what `value` says at so many seconds after its beginning. */
export function halfAnHour() {
  const end = Math.floor(Date.now() / minute) * minute - 2 * minute;
  const start = end - 30 * minute;
  function scraped(series: string, value: (seconds: number) => number | undefined): string {
    const samples: [number, number][] = [];
    for (let seconds = 5; seconds <= 30 * 60; seconds += 15) {
      const seen = value(seconds);
      if (seen !== undefined) samples.push([start / 1000 + seconds, seen]);
    }
    return past(series, samples);
  }
  return { start, range: { from: start, to: end }, scraped };
}

export const counter = (...series: string[]): string =>
  ["# TYPE http_requests counter", ...series].join("\n");
/** A counter that began at `first` and grew by one a second. */
export const steady = (first: number) => (seconds: number) => first + seconds;

/** What Prometheus answers now, when that is one number; undefined as long as it has none. */
export async function value(url: string, query: string): Promise<number | undefined> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  const [first] = data.result;
  return first === undefined ? undefined : Number(first.value[1]);
}
