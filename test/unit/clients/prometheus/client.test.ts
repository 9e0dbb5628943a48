import { writeFileSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createLimit } from "../../../../src/core/limit.ts";
import { closedPort, type Handler, server } from "../../../support/server.ts";
import { clientOf, failureOf, matrix, mounted, vector } from "./asked.ts";

const never = new AbortController().signal;
const span = { start: 1_795_280_400_000, end: 1_795_280_520_000 };
const says =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);
const error = (errorType: string, text: string) =>
  JSON.stringify({ status: "error", errorType, error: text });
const secret = (word: string) => [word, "very", "secret"].join("-");

async function failing(handler: Handler, place: object = {}) {
  const { url } = await server(handler);
  return failureOf(clientOf({ url, ...place }).prometheus.range("up", span, 60_000, never));
}

describe("asking Prometheus", () => {
  it("asks for a range in seconds, and reads numbers of every kind", async () => {
    const values = [
      [1795280400, "1.5"],
      [1795280460.5, "NaN"],
      [1795280520, "+Inf"],
      [1795280580, "-Inf"],
    ];
    const { url, received } = await server(says(200, matrix([{ metric: { job: "shop" }, values }])));
    const { prometheus } = clientOf({ url: `${url}/prom/` });
    const { series } = await prometheus.range('up{job="shop"}', span, 60_000, never);
    expect(series).toEqual([
      {
        labels: { job: "shop" },
        samples: [
          [1_795_280_400_000, 1.5],
          [1_795_280_460_500, Number.NaN],
          [1_795_280_520_000, Number.POSITIVE_INFINITY],
          [1_795_280_580_000, Number.NEGATIVE_INFINITY],
        ],
      },
    ]);
    const asked = new URL(received[0]?.path ?? "", url);
    expect(received[0]?.method).toBe("GET");
    expect(asked.pathname).toBe("/prom/api/v1/query_range");
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      query: 'up{job="shop"}',
      start: "1795280400",
      end: "1795280520",
      step: "60",
      timeout: "10s",
    });
  });

  it("sends what is too long for a URL as a form, through a redirect too", async () => {
    const long = `up{job=~"${"a|".repeat(2000)}b"}`;
    const { url, received } = await server(({ path }, response) => {
      if (path.startsWith("/old")) response.writeHead(308, { location: path.replace("/old", "") }).end();
      else response.end(matrix([]));
    });
    await clientOf({ url: `${url}/old?tenant=7` }).prometheus.range(long, span, 60_000, never);
    const last = received.at(-1);
    expect(last).toMatchObject({ method: "POST", path: "/api/v1/query_range?tenant=7" });
    expect(last?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(new URLSearchParams(last?.body).get("query")).toBe(long);
  });

  it("goes back to URLs where forms are not taken", async () => {
    const long = `up{job="${"a".repeat(3000)}"}`;
    const { url, received } = await server(({ method }, response) =>
      method === "POST" ? response.writeHead(405).end() : response.end(matrix([])),
    );
    const { prometheus } = clientOf({ url });
    await prometheus.range(long, span, 60_000, never);
    await prometheus.range(long, span, 60_000, never);
    expect(received.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
  });

  it("knows how far the server's clock is ahead", async () => {
    const { url } = await server((_request, response) => {
      const seconds = Date.now() / 1000 + 90;
      const body = { status: "success", data: { resultType: "scalar", result: [seconds, String(seconds)] } };
      response.end(JSON.stringify(body));
    });
    const asked = performance.now();
    const ahead = await clientOf({ url }).prometheus.clock(never);
    // No nearer than what asking took, for nobody knows when the answer was made.
    expect(Math.abs(ahead - 90_000)).toBeLessThan(performance.now() - asked + 100);
  });

  it("has no more questions in flight than it may", async () => {
    let now = 0;
    let most = 0;
    const { url } = await server((_request, response) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.end(vector([]));
      }, 10);
    });
    const { prometheus } = clientOf({ url, concurrency: 3 });
    await Promise.all(Array.from({ length: 12 }, () => prometheus.instant("up", null, never)));
    expect(most).toBe(3);
  });
});

describe("VictoriaMetrics' own ways", () => {
  it("are seen through: labels of what is not there, and errors that repeat the query", async () => {
    const data = (list: readonly string[]) => JSON.stringify({ status: "success", data: list });
    const { url } = await server(({ path }, response) =>
      response.end(
        path.includes("/labels") ? data(["__name__"]) : data(path.includes("there") ? ["there"] : []),
      ),
    );
    const { prometheus } = clientOf({ url });
    expect(await prometheus.labelNames("nothing", span, never)).toEqual([]);
    expect(await prometheus.labelNames("there", span, never)).toEqual(["__name__"]);
    const long = 'error when executing query="sum(x{a=\\"b\\"})" on the time range: unknown func "y"';
    expect((await failing(says(422, error("422", long)))).message).toBe(
      'error when executing the query on the time range: unknown func "y"',
    );
  });
});

describe("being let in by Prometheus", () => {
  it("sends a bearer token from a variable or a mounted file, read anew each time", async () => {
    const { url, received } = await server(says(200, vector([])));
    const file = mounted(secret("first"));
    const { prometheus, secrets } = clientOf(
      { url, tokenEnv: "PROM_TOKEN", headers: { "X-Scope-OrgID": "shop", "X-Key": "${PROM_KEY}" } },
      { PROM_TOKEN_FILE: file, PROM_KEY: secret("key") },
    );
    await prometheus.instant("up", null, never);
    writeFileSync(file, secret("second"));
    await prometheus.instant("up", null, never);
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${secret("first")}`,
      `Bearer ${secret("second")}`,
    ]);
    expect(received[0]?.headers).toMatchObject({ "x-scope-orgid": "shop", "x-key": secret("key") });
    expect(secrets.mask(`a ${secret("second")} b ${secret("key")}`)).toBe("a *** b ***");
  });

  it("sends a name and a password", async () => {
    const { url, received } = await server(says(200, vector([])));
    const env = { PROM_USER: "reader", PROM_PASSWORD: secret("word") };
    const place = { url, userEnv: "PROM_USER", passwordEnv: "PROM_PASSWORD" };
    await clientOf(place, env).prometheus.instant("up", null, never);
    const expected = Buffer.from(`reader:${secret("word")}`).toString("base64");
    expect(received[0]?.headers.authorization).toBe(`Basic ${expected}`);
  });

  it("says which variable is not set, before anything is asked", async () => {
    const { url, received } = await server(says(200, vector([])));
    for (const place of [{ tokenEnv: "PROM_TOKEN" }, { headers: { "X-Key": "${PROM_TOKEN}" } }]) {
      const failure = await failureOf(clientOf({ url, ...place }).prometheus.instant("up", null, never));
      expect(failure).toMatchObject({
        reason: "access",
        message: "PROM_TOKEN, by which Prometheus is to let us in, is not set",
      });
    }
    expect(received).toEqual([]);
  });

  it.each([401, 403])("says so when it is not let in (%i)", async (status) => {
    expect(await failing(says(status, "no token"))).toMatchObject({
      reason: "access",
      message: `it does not let us in: it answered ${status}: no token`,
    });
  });
});

describe("Prometheus' bad days", () => {
  it("hands on the reason of a query that is refused", async () => {
    const parse = '1:5: parse error: unexpected "}"';
    expect(await failing(says(400, error("bad_data", parse)))).toMatchObject({
      reason: "query",
      message: parse,
    });
    const many = "found duplicate series for the match group";
    expect(await failing(says(422, error("execution", many)))).toMatchObject({
      reason: "query",
      message: many,
    });
  });

  it("asks once more what was not answered, and then says so", async () => {
    const { url, received } = await server((_request, response, n) =>
      n === 1 ? response.writeHead(503).end("starting") : response.end(vector([])),
    );
    await clientOf({ url }).prometheus.instant("up", null, never);
    expect(received).toHaveLength(2);
    const failure = await failing(says(502, "<html>bad gateway</html>", { "content-type": "text/html" }));
    expect(failure).toMatchObject({ reason: "unavailable", message: "it answered 502" });
    const port = await closedPort();
    const refused = failureOf(
      clientOf({ url: `http://127.0.0.1:${port}` }).prometheus.instant("up", null, never),
    );
    expect(await refused).toMatchObject({ reason: "unavailable", message: "connection refused" });
  });

  it("does not ask again what took too long", async () => {
    const { url, received } = await server(
      says(503, error("timeout", "query timed out in expression evaluation")),
    );
    const failure = await failureOf(clientOf({ url }).prometheus.instant("up", null, never));
    expect(failure.message).toBe("it answered 503: query timed out in expression evaluation");
    expect(received).toHaveLength(1);
    // The time is up as soon as it has been asked, and never before.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const silent = await server(() => void vi.advanceTimersByTime(60_000));
    const late = failureOf(
      clientOf({ url: silent.url, timeoutMs: 60_000 }).prometheus.instant("up", null, never),
    );
    expect(await late).toMatchObject({ reason: "unavailable", message: "no answer within 1 min" });
    expect(silent.received).toHaveLength(1);
  });

  it("knows a login page, and other things that are no Prometheus", async () => {
    const page = await failing(
      says(200, "<!doctype html><title>Sign in</title>", { "content-type": "text/html" }),
    );
    expect(page.reason).toBe("address");
    expect(page.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+ answers HTML, not Prometheus' API$/);
    expect(page.remedy).toContain("a login page");
    expect((await failing(says(404, "404 page not found"))).message).toMatch(
      /answered 404 \(something that is not JSON\)$/,
    );
    expect((await failing(says(200, '{"hello":1}'))).message).toMatch(/answers JSON of another kind/);
    const shape = says(200, JSON.stringify({ status: "success", data: { resultType: "matrix", result: 7 } }));
    expect((await failing(shape)).reason).toBe("address");
    const pair = says(200, matrix([{ metric: {}, values: [["now", 1]] }]));
    expect((await failing(pair)).message).toBe("it answered JSON that is not of Prometheus' shape");
  });

  it("follows redirects, but not in circles, and takes no credentials elsewhere", async () => {
    const other = await server(says(200, matrix([])));
    const { url, received } = await server(({ path }, response) =>
      response
        .writeHead(302, {
          location: path.replace("http://x", "").startsWith("/away") ? `${other.url}/` : path,
        })
        .end(),
    );
    const circle = failureOf(clientOf({ url }).prometheus.range("up", span, 60_000, never));
    expect(await circle).toMatchObject({ reason: "address", message: "more than 3 redirects" });
    const { prometheus } = clientOf({ url: `${url}/away`, tokenEnv: "T" }, { T: secret("token") });
    await prometheus.range("up", span, 60_000, never);
    expect(received.at(-1)?.headers.authorization).toBe(`Bearer ${secret("token")}`);
    expect(other.received[0]?.headers.authorization).toBeUndefined();
  });

  it("does not read more than it is willing to", async () => {
    const failure = await failing((_request, response) => {
      response.writeHead(200);
      const chunk = "x".repeat(1024 * 1024);
      for (let i = 0; i < 10; i++) response.write(chunk);
      response.end();
    });
    expect(failure).toMatchObject({ reason: "too-large", message: "the answer is larger than 8 MiB" });
  });

  it("hands on warnings and partial answers", async () => {
    const { url } = await server((_request, response, n) =>
      response.end(
        n === 1
          ? matrix([], { warnings: ["no store \u001b[31m"], infos: ["a"] })
          : matrix([], { isPartial: true }),
      ),
    );
    const { prometheus } = clientOf({ url });
    expect(await prometheus.range("up", span, 60_000, never)).toMatchObject({
      warnings: ["no store \\x1b[31m"],
      infos: ["a"],
    });
    expect((await prometheus.range("up", span, 60_000, never)).warnings).toEqual(["the answer is partial"]);
  });

  it.each(["prometheus:9090", "ftp://x", "", "http://"])("does not take %s for a URL", async (url) => {
    const failure = await failureOf(clientOf({ url }).prometheus.instant("up", null, never));
    expect(failure.reason).toBe("address");
  });

  it("stops at once when it is told to", async () => {
    const { url } = await server(() => {});
    const controller = new AbortController();
    const { prometheus } = clientOf({ url, concurrency: 1 });
    const all = [1, 2].map(() => prometheus.instant("up", null, controller.signal).catch((thrown) => thrown));
    setTimeout(() => controller.abort(new Error("enough")), 20);
    expect(await Promise.all(all)).toEqual([new Error("enough"), new Error("enough")]);
  });
});

describe("a limit", () => {
  it("goes on when what it let through fails", async () => {
    const limit = createLimit(1);
    const first = limit(() => Promise.reject(new Error("no")));
    const second = limit(async () => "yes");
    await expect(first).rejects.toThrow("no");
    expect(await second).toBe("yes");
  });
});
