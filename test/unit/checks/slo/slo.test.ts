import { describe, expect, it, onTestFinished } from "vitest";
import { sloBudget } from "../../../../src/checks/slo/budget.ts";
import { sloBurn } from "../../../../src/checks/slo/burn.ts";
import type { SloSeen, WindowSeen } from "../../../../src/checks/slo/observe.ts";
import { showWindow, windowMs } from "../../../../src/checks/slo/window.ts";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import type { Readers } from "../../../../src/clients/readers.ts";
import { type Check, TryAgain } from "../../../../src/core/check.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { server } from "../../../support/server.ts";
import { judge, target } from "../net/asked.ts";

const minute = 60_000;
const hour = 60 * minute;
const month = 30 * 24 * hour;
const seen = (...windows: WindowSeen[]): SloSeen => ({ windows, missing: null, failure: null });
const budget = (total: number | null, bad: number | null, options = {}) =>
  judge(sloBudget, seen({ ms: month, total, bad }), { ...sloBudget.defaults, ...options });
const burn = (short: [number, number], long: [number, number], options = {}) =>
  judge(
    sloBurn,
    seen({ ms: 10 * minute, total: short[0], bad: short[1] }, { ms: hour, total: long[0], bad: long[1] }),
    { ...sloBurn.defaults, ...options },
  );

describe("slo.budget", () => {
  it("lets pass what has enough of its budget left, and says how much", () => {
    expect(budget(1_000_000, 600)).toEqual({
      status: "ok",
      message: "Error budget OK: 40.0% left (600 of 1,000,000 requests failed in 30d, objective 99.9%)",
      metrics: [{ name: "budget_left", value: 40, unit: "%" }],
    });
    expect(budget(1_000_000, 900)).toMatchObject({ status: "ok" });
    expect(budget(1_000_000, 0)).toMatchObject({ status: "ok" });
    expect(budget(1_000_000, null)).toMatchObject({ status: "ok" });
  });

  it("holds back what has too little, or none", () => {
    expect(budget(1_000_000, 901)).toMatchObject({
      status: "fail",
      message: expect.stringContaining("Error budget LOW: 9.9% left, at least 10% demanded"),
      remedy: expect.any(String),
    });
    expect(budget(1_000_000, 700, { minimum: 50 })).toMatchObject({ status: "fail" });
    expect(budget(1_000_000, 1500)).toMatchObject({
      message: expect.stringContaining("EXHAUSTED: -50.0% left"),
    });
    expect(budget(1_000_000, 150, { slo: 99.99 })).toMatchObject({ status: "fail" });
  });

  it("makes nothing of a handful of failures", () => {
    expect(budget(300, 4)).toMatchObject({ status: "notice" });
    expect(budget(300, 5)).toMatchObject({ status: "fail" });
  });

  it("is unknown, and not ok, where nothing was counted", () => {
    for (const total of [null, 0]) expect(budget(total, null)).toMatchObject({ status: "unknown" });
    expect(judge(sloBudget, seen(), sloBudget.defaults)).toMatchObject({ status: "unknown" });
  });
});

describe("slo.burn", () => {
  it("fails when it burns too fast in both windows", () => {
    expect(burn([10_000, 50], [60_000, 200])).toEqual({
      status: "fail",
      message:
        "Burn rate CRITICAL: 3.3x over 1h, 5x over 10min, more than 2x in both (200 of 60,000 requests failed in 1h, objective 99.9%)",
      remedy: expect.any(String),
      metrics: [{ name: "burn_1h", value: 3.333, unit: "" }],
    });
  });

  it("passes when it burns in one of them alone: it is over, or has only begun", () => {
    expect(burn([10_000, 5], [60_000, 600])).toMatchObject({ status: "ok" });
    expect(burn([10_000, 50], [60_000, 60])).toMatchObject({ status: "ok" });
    expect(burn([10_000, 50], [60_000, 200], { above: 6 })).toMatchObject({ status: "ok" });
  });

  it("makes nothing of few requests, and is unknown without any", () => {
    expect(burn([20, 4], [100, 4])).toMatchObject({ status: "notice" });
    expect(burn([0, 0], [100, 4])).toMatchObject({
      status: "unknown",
      message: expect.stringContaining("in 10min"),
    });
  });

  it("knows the classic pairs of windows", () => {
    const windows = [5 * minute, 30 * minute, hour, 2 * hour, 6 * hour, 24 * hour, 72 * hour];
    const steady = (rate: number) => seen(...windows.map((ms) => ({ ms, total: ms, bad: ms * rate })));
    const options = { ...sloBurn.defaults, preset: "classic-30d" as const };
    expect(judge(sloBurn, steady(0.0009), options)).toMatchObject({ status: "ok" });
    expect(judge(sloBurn, steady(0.0011), options)).toMatchObject({
      status: "fail",
      message: expect.stringContaining("1.1x over 3d, 1.1x over 6h, more than 1x in both"),
    });
  });
});

describe("the windows of an objective", () => {
  it("are written in days, hours or minutes", () => {
    expect(["10min", "5m", "1h", "30d", "4w"].map((text) => showWindow(windowMs(text) ?? 0))).toEqual([
      "10min",
      "5min",
      "1h",
      "30d",
      "28d",
    ]);
    for (const text of ["", "0h", "10", "1.5h", "-1h", "500d", "1 h 5 m"])
      expect(windowMs(text), text).toBeUndefined();
  });

  it("must be named by queries of one's own, the shorter one first", () => {
    const about = (options: object) => sloBurn.contradiction?.({ ...sloBurn.defaults, ...options });
    expect(about({})).toBeUndefined();
    expect(about({ over: ["1h", "10min"] })).toMatchObject({ option: "over", remedy: "over: [10min, 1h]" });
    expect(about({ total: "sum(increase(requests_total[5m]))" })).toEqual({
      option: "total",
      message: "does not say over which window it counts",
      remedy: "write the counter alone (requests_total), or sum(increase(requests_total[{{window}}]))",
    });
    expect(about({ bad: 'x{a="{{nothing}}"}' })).toMatchObject({ option: "bad" });
    expect(about({ total: "sum(increase(a[{{window}}]))", bad: "b" })).toBeUndefined();
  });
});

describe("observing an objective", () => {
  async function observed<O extends object>(
    check: Check<O, SloSeen, Readers>,
    options: Partial<O>,
    env: Readonly<Record<string, string>> = {},
  ) {
    const secrets = new Secrets();
    const reader = createEnv(env, secrets);
    const http = createHttp({ env: reader, secrets });
    onTestFinished(() => http.close());
    const readers = { http, env: reader } as Partial<Readers> as Readers;
    const signal = new AbortController().signal;
    const all = { ...check.defaults, ...options };
    let again = false;
    const found = await check
      .observe({ readers, options: all, target, needs: {}, signal })
      .catch((error: unknown) => {
        if (!(error instanceof TryAgain)) throw error;
        again = true;
        return error.observation as SloSeen;
      });
    return { seen: found, judged: judge(check, found, all), again };
  }

  const numbers = (values: Readonly<Record<string, string>>, more: object = {}) => {
    const result = Object.entries(values).map(([mark, value]) => ({
      metric: { release_sentinel: mark },
      value: [1_795_280_400, value],
    }));
    return JSON.stringify({ status: "success", data: { resultType: "vector", result }, ...more });
  };

  it("counts in all windows with one request", async () => {
    const values = { "0.total": "9000", "0.bad": "9", "1.total": "54000", "1.bad": "27" };
    const { url, received } = await server((_request, response) => response.end(numbers(values)));
    const token = ["a", "token", "to", "read"].join("-");
    const options = { url, labels: { job: "shop" }, tokenEnv: "PROM" };
    const { seen: found, judged } = await observed(sloBurn, options, { PROM: token });
    expect(found).toEqual(
      seen({ ms: 10 * minute, total: 9000, bad: 9 }, { ms: hour, total: 54_000, bad: 27 }),
    );
    expect(judged).toMatchObject({ status: "ok" });
    expect(received).toHaveLength(1);
    expect(received[0]?.headers.authorization).toBe(`Bearer ${token}`);
    const query = new URL(received[0]?.path ?? "", url).searchParams.get("query");
    expect(query).toContain('sum(increase(http_requests_total{job="shop"}[600s]))');
    expect(query).toContain('sum(increase(http_requests_total{code=~"5..",job="shop"}[3600s]))');
    expect(JSON.stringify(found)).not.toContain(token);
  });

  it("says what is not there, and does not take what can never fail for well", async () => {
    const answers = (labels: readonly string[], values: Readonly<Record<string, string>>) =>
      server(({ path }, response) => {
        if (!path.startsWith("/api/v1/labels")) return response.end(numbers(values));
        const isExact = decodeURIComponent(path).includes("{");
        response.end(JSON.stringify({ status: "success", data: isExact ? [] : labels }));
      });
    const nothing = await answers(["code", "job"], {});
    const { judged } = await observed(sloBudget, { url: nothing.url, labels: { jbo: "shop" } });
    expect(judged.message).toBe(
      "Error budget unknown: Prometheus: nothing would ever count as bad: http_requests_total has no label jbo; labels there: code, job",
    );
    const other = await answers(["status", "job"], { "0.total": "100000" });
    expect((await observed(sloBudget, { url: other.url })).judged).toMatchObject({
      status: "unknown",
      message: expect.stringContaining("http_requests_total has no label code; labels there: status, job"),
    });
    const clean = await answers(["code", "job"], { "0.total": "100000" });
    expect((await observed(sloBudget, { url: clean.url })).judged).toMatchObject({ status: "ok" });
  });

  it("is unknown where Prometheus does not answer, refuses, or answers in part", async () => {
    const down = await observed(sloBudget, { url: "http://127.0.0.1:1" });
    expect(down).toMatchObject({
      again: true,
      judged: { status: "unknown", remedy: expect.stringMatching(/^curl/) },
    });
    const body = JSON.stringify({ status: "error", errorType: "bad_data", error: "parse error" });
    const { url } = await server((_request, response) => response.writeHead(400).end(body));
    expect(await observed(sloBudget, { url })).toMatchObject({
      again: false,
      judged: { status: "unknown", message: "Error budget unknown: Prometheus: parse error" },
    });
    const part = await server((_request, response) =>
      response.end(numbers({ "0.total": "100000", "0.bad": "1" }, { warnings: ["a store is down"] })),
    );
    expect((await observed(sloBudget, { url: part.url })).judged.status).toBe("unknown");
    const nan = await server((_request, response) =>
      response.end(numbers({ "0.total": "100000", "0.bad": "NaN" })),
    );
    expect((await observed(sloBudget, { url: nan.url })).judged).toMatchObject({
      status: "unknown",
      message: "Error budget unknown: Prometheus: it answers NaN (0/0, nothing divided by nothing)",
    });
    const { judged } = await observed(sloBudget, { url, tokenEnv: "NOT_SET" });
    expect(judged).toMatchObject({ status: "unknown", remedy: expect.stringContaining("set NOT_SET") });
    expect(judged).toMatchObject({ missing: ["NOT_SET"] });
  });

  it("takes its secrets for such", () => {
    const options = { ...sloBudget.defaults, tokenEnv: "A", headers: { "X-Key": "${B}" } };
    expect(sloBudget.secrets?.(options)).toEqual(["A", "B"]);
    expect(sloBudget.host?.({ ...options, url: "https://prometheus.example.com/x" })).toBe(
      "prometheus.example.com:443",
    );
  });
});
