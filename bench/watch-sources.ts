import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createEnv } from "../src/clients/env.ts";
import { createHttp } from "../src/clients/http.ts";
import { Secrets } from "../src/core/mask.ts";
import { createPrometheusSource } from "../src/watch/sources/prometheus.ts";
import type { SignalQuery, Source } from "../src/watch/types.ts";
import { type Bench, ms, type Row } from "./bench.ts";

const minute = 60_000;
const rounds = 5;
const services = 50;
const signals = 20;
const program = fileURLToPath(new URL("./prometheus-server.ts", import.meta.url));

/** One look of a watch at everything: how long it takes beside the slowest of its queries. */
export const watchSources: Bench = {
  name: "watch",
  about: `${signals} signals of ${services} services from one Prometheus`,
  async measure() {
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8");
    const [line] = (await once(child.stdout, "data")) as [string];
    const secrets = new Secrets();
    const env = createEnv({}, secrets);
    const http = createHttp({ env, secrets });
    const programs = { which: () => undefined, run: () => Promise.reject(new Error("none is needed")) };
    const source = createPrometheusSource(
      { url: `http://127.0.0.1:${line.trim()}` },
      { http, env, programs },
    );
    try {
      return [
        await look(source, "all as slow", () => 500),
        await look(source, "between 20 and 500 ms", (i) => 20 + ((i * 7919) % 481)),
        await look(source, "one of them slow", (i) => (i === 777 ? 1000 : 20)),
      ];
    } finally {
      await source.close();
      http.close();
      child.stdin.end();
    }
  },
};

async function look(source: Source, what: string, delayMs: (i: number) => number): Promise<Row> {
  const delays = Array.from({ length: services * signals }, (_, i) => delayMs(i));
  const queries = delays.map((delay, i) => query(i, delay));
  const to = Math.floor(Date.now() / minute) * minute - minute;
  const range = { from: to - 10 * minute, to };
  const times: number[] = [];
  const signal = new AbortController().signal;
  for (let round = 0; round <= rounds; round++) {
    const began = performance.now();
    const answers = await Promise.all(queries.map((one) => source.read(one, range, signal)));
    const found = answers.find(({ state }) => state !== "counts");
    if (found) throw new Error(`${found.state}${"why" in found ? `: ${found.why}` : ""}`);
    if (round > 0) times.push(performance.now() - began);
  }
  const wallMs = times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  const slowest = Math.max(...delays);
  const from = `${ms(wallMs)} for ${queries.length} queries, ${ms(slowest)} for the slowest`;
  return { what: `wall / slowest, ${what}`, figure: wallMs / slowest, unit: "", bound: { most: 1.3 }, from };
}

function query(i: number, delayMs: number): SignalQuery {
  const service = `service-${Math.floor(i / signals)}`;
  return {
    id: `${service}/signal-${i % signals}`,
    kind: "errors",
    service,
    arm: "all",
    labels: { job: service, version: "v1.4.2", environment: "prod" },
    query: { total: `http_requests_total{slow="slow_${delayMs}"}`, bad: 'http_requests_total{code=~"5.."}' },
  };
}
