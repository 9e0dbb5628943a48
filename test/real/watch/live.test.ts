import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { freePort } from "../../support/server.ts";
import { asking, minute, minutesOf, value } from "./support.ts";

/** A small service that counts what it does. `crash` forgets everything, as a new process would. */
async function service(port: number) {
  let answered = new Map<number, number>();
  let slow = 0;
  const metrics = () => {
    const requests = [...answered].map(([code, n]) => `http_requests_total{code="${code}"} ${n}`);
    const all = [...answered.values()].reduce((sum, n) => sum + n, 0);
    const within = (le: string, n: number) => `http_request_duration_seconds_bucket{le="${le}"} ${n}`;
    return [
      "# TYPE http_requests_total counter",
      ...requests,
      "# TYPE http_request_duration_seconds histogram",
      within("1.5", all - slow),
      within("+Inf", all),
      `http_request_duration_seconds_sum ${all}`,
      `http_request_duration_seconds_count ${all}`,
      "",
    ].join("\n");
  };
  const open = () =>
    new Promise<Server>((resolve) => {
      const http = createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
        if (pathname === "/metrics") {
          response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics());
          return;
        }
        const code = Number(searchParams.get("code") ?? 200);
        answered.set(code, (answered.get(code) ?? 0) + 1);
        // It says of itself that it was slow: what is tested is the counting, not the waiting.
        if (searchParams.has("slow")) slow += 1;
        // Nobody asks the next process over a connection to this one.
        response.writeHead(code, { connection: "close" }).end();
      }).listen(port, "127.0.0.1", () => resolve(http));
    });
  let http = await open();
  const close = async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  onTestFinished(close);
  return {
    async ask(n: number, how = ""): Promise<void> {
      for (let i = 0; i < n; i++) await fetch(`http://127.0.0.1:${port}/work?${how}`).then((r) => r.text());
    },
    async crash(): Promise<void> {
      await close();
      answered = new Map();
      slow = 0;
      http = await open();
    },
  };
}

describe.skipIf(prometheusProgram.skip)("a live service and a real Prometheus (needs prometheus)", () => {
  it("has the very requests that were made, through restarts of both", async () => {
    const port = await freePort();
    const shop = await service(port);
    await shop.ask(5);
    const prometheus = await startPrometheus({ targets: [`127.0.0.1:${port}`] });
    const { read, prove } = await asking({ url: prometheus.url, settleMs: 2000 });
    const all = "sum(http_requests_total)";
    const scraped = (n: number) => expect.poll(() => value(prometheus.url, all)).toBe(n);
    // By who looks every five seconds, as the counting does.
    const noticed = (n: number) =>
      expect.poll(() => value(prometheus.url, `max_over_time(${all}[1m:5s])`)).toBe(n);
    await noticed(5);
    const first = Math.ceil((Date.now() + 1000) / minute) * minute;
    await delay(first - Date.now() + 1500);

    await shop.ask(40);
    await shop.ask(3, "code=500");
    await noticed(48);
    await shop.crash();
    await shop.ask(20);
    await shop.ask(2, "code=503");
    await shop.ask(4, "slow");
    await scraped(26);
    await delay(first + minute + 1500 - Date.now());

    await shop.ask(10);
    await scraped(36);
    await prometheus.restart(1000);
    await shop.ask(7, "code=500");
    await shop.ask(5, "slow");
    await scraped(48);
    await delay(first + 2 * minute + 2500 - Date.now());

    const range = { from: first, to: first + 2 * minute };
    const labels = { job: "live" };
    const errors = await read({ labels }, range);
    expect(minutesOf(errors, range)).toEqual([
      [0, 69, 5],
      [1, 22, 7],
    ]);
    const latency = await read({ kind: "latency", labels }, range);
    expect(minutesOf(latency, range)).toEqual([
      [0, 69, 4],
      [1, 22, 5],
    ]);
    expect((await prove({ labels }, { kind: "latency", labels })).map(({ state }) => state)).toEqual([
      "ok",
      "ok",
    ]);
    // The minute that goes on is not told of.
    const now = await read({ labels }, { from: first, to: first + 10 * minute });
    expect(now).toMatchObject({ state: "counts", range: { to: first + 2 * minute } });
    await prometheus.stop();
    expect(await read({ labels }, range)).toMatchObject({
      state: "telemetry-error",
      why: "Prometheus: connection refused",
    });
  });
});
