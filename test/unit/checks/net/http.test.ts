import { describe, expect, it } from "vitest";
import { http } from "../../../../src/checks/net/http.ts";
import { Aborted } from "../../../../src/core/check.ts";
import { closedPort, type Handler, server } from "../../../support/server.ts";
import { ask, judge, target } from "./asked.ts";

type Options = Parameters<NonNullable<typeof http.host>>[0];

async function asked(handler: Handler | number, options: Partial<Options> = {}, path = "/health") {
  const { url } = await server(handler);
  return { ...(await ask(http, { url: `${url}${path}`, ...options })), url: `${url}${path}` };
}

const says =
  (body: unknown, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(200, headers).end(typeof body === "string" ? body : JSON.stringify(body));

describe("the http check", () => {
  it("passes when the URL answers 200", async () => {
    const { judged, seen, url, again } = await asked(200);
    expect(judged).toMatchObject({ status: "ok", message: `API OK: ${url}` });
    expect(judged.metrics).toEqual([{ name: "time", value: seen.answer?.seconds, unit: "s" }]);
    expect(again).toBeUndefined();
  });

  it.each([201, 204, 400, 401, 403, 404, 501])("fails at once when it answers %i", async (status) => {
    const { judged, again, url } = await asked(status);
    expect(judged).toMatchObject({ status: "fail", message: `API CRITICAL: ${url} returned ${status}` });
    expect(judged.remedy).toBe(`curl -sv -o /dev/null ${url}`);
    expect(again).toBeUndefined();
  });

  it.each([429, 500, 502, 503, 504])(
    "asks again when it answers %i, and fails when that was the last attempt",
    async (status) => {
      const { judged, again, url } = await asked(status);
      expect(again).toMatchObject({ noAnswer: false, retryAfterMs: undefined });
      expect(judged.message).toBe(`API CRITICAL: ${url} returned ${status}`);
    },
  );

  it("waits as long as the server says, in seconds or until a date", async () => {
    const wait = (text: string) =>
      asked((_request, response) => response.writeHead(503, { "retry-after": text }).end());
    expect((await wait("7")).again?.retryAfterMs).toBe(7000);
    expect((await wait("0")).again?.retryAfterMs).toBe(0);
    expect((await wait(new Date(Date.now() - 60_000).toUTCString())).again?.retryAfterMs).toBe(0);
    const later = (await wait(new Date(Date.now() + 60_000).toUTCString())).again?.retryAfterMs ?? 0;
    expect(later).toBeGreaterThan(50_000);
    expect(later).toBeLessThanOrEqual(60_000);
    for (const nonsense of ["-1", "soon", "tomorrow 9:00"]) {
      expect((await wait(nonsense)).again?.retryAfterMs, nonsense).toBeUndefined();
    }
  });

  it.each([
    [503, 503],
    [204, [200, 204]],
    [418, "4xx"],
  ])("passes with %i when %j is expected", async (status, expected) => {
    const { judged, again } = await asked(status, { status: expected });
    expect([judged.status, again]).toEqual(["ok", undefined]);
  });

  it("says what was expected when that is not 200", async () => {
    expect((await asked(200, { status: [201, 204] })).judged.details).toEqual(["expected 201, 204"]);
  });

  it("follows five redirects, and names who answered when the answer is wrong", async () => {
    const { received, url, port } = await server(({ path }, response) => {
      const left = Number(path.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
      else response.writeHead(404).end();
    });
    const five = await ask(http, { url: `${url}/5` });
    expect(five.judged).toMatchObject({
      message: `API CRITICAL: ${url}/5 returned 404`,
      details: [`answered by http://127.0.0.1:${port} after redirects`],
    });
    expect(received).toHaveLength(6);
    const six = await ask(http, { url: `${url}/6` });
    expect(six.judged.message).toBe(`API CRITICAL: ${url}/6 unreachable (more than 5 redirects)`);
    expect(six.again).toBeUndefined();
  });

  it("asks with HEAD and with headers", async () => {
    const { url, received } = await server(200);
    await ask(http, { url, method: "HEAD", headers: { Authorization: "Basic abc" } });
    expect(received[0]).toMatchObject({ method: "HEAD", headers: { authorization: "Basic abc" } });
  });
});

describe("a URL that gives no answer", () => {
  it("is unreachable, after another attempt", async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`;
    const { judged, again } = await ask(http, { url });
    expect(judged).toMatchObject({
      status: "fail",
      message: `API CRITICAL: ${url} unreachable (connection refused)`,
    });
    expect(again?.noAnswer).toBe(true);
  });

  it("is unreachable when the attempt's time is up", async () => {
    const { url } = await server(() => {});
    const controller = new AbortController();
    const asking = ask(http, { url }, { signal: controller.signal });
    controller.abort(new Aborted("time-limit", "no answer within 3 s"));
    expect((await asking).judged.message).toBe(`API CRITICAL: ${url} unreachable (no answer within 3 s)`);
  });

  it("is not judged when the run is over", async () => {
    const { url } = await server(() => {});
    const controller = new AbortController();
    const asking = ask(http, { url }, { signal: controller.signal });
    const reason = new Aborted("deadline", "time is up");
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
  });

  it.each([
    ["not a url", "malformed URL"],
    ["", "malformed URL"],
    ["ftp://api.example/x", "only http and https are supported"],
  ])("because it is %j is unreachable at once", async (url, cause) => {
    const { judged, again } = await ask(http, { url });
    expect(judged).toMatchObject({
      status: "fail",
      message: `API CRITICAL: ${url} unreachable (${cause})`,
      remedy: "write it as https://host/path",
    });
    expect(again).toBeUndefined();
  });

  it("because a header cannot be sent is unreachable at once, without the value", async () => {
    const { url } = await server(200);
    const { judged, seen, again } = await ask(http, { url, headers: { "X-Key": "abc\ndef" } });
    expect(judged.message).toBe(`API CRITICAL: ${url} unreachable (header X-Key cannot be sent)`);
    expect(JSON.stringify(seen)).not.toContain("abc");
    expect(again).toBeUndefined();
  });

  it("because a file of certificates is missing is unreachable at once", async () => {
    const { judged, again } = await ask(http, { url: "https://127.0.0.1:1/", caFile: "/nowhere/ca.pem" });
    expect(judged.message).toContain("unreachable (caFile /nowhere/ca.pem cannot be read (ENOENT))");
    expect(again).toBeUndefined();
  });

  it("is shown as it was given, without password and query values", async () => {
    const port = await closedPort();
    const url = `HTTP://ada:${["pw", "1234"].join("")}@127.0.0.1:${port}/a/../b?key=${["val", "ue"].join("")}#c`;
    const { judged } = await ask(http, { url });
    expect(judged.message).toBe(
      `API CRITICAL: HTTP://***@127.0.0.1:${port}/a/../b?key=***#c unreachable (connection refused)`,
    );
  });

  it("because of its certificate is told what to do", () => {
    const seen = { answer: null, failure: { code: "CERT_HAS_EXPIRED", cause: "certificate has expired" } };
    const judged = judge(http, seen, { ...http.defaults, url: "https://api.example/" });
    expect(judged.message).toBe("API CRITICAL: https://api.example/ unreachable (certificate has expired)");
    expect(judged.remedy).toContain("renew the certificate");
  });
});

describe("what the answer must hold", () => {
  const problem = async (handler: Handler, options: Partial<Options>) => {
    const { judged, url } = await asked(handler, options);
    return judged.status === "ok" ? "ok" : judged.message.replace(`API CRITICAL: ${url}: `, "");
  };

  it("is a value in its JSON", async () => {
    const body = { json: [{ pointer: "/status", equals: "ok" }] };
    expect(await problem(says({ status: "ok" }), { body })).toBe("ok");
    expect(await problem(says({ status: "degraded" }), { body })).toBe(
      '/status is "degraded", expected "ok"',
    );
    expect(await problem(says("hello"), { body })).toBe("the body is not JSON");
    expect(await problem(says(`"${"x".repeat(2 ** 20)}"`), { body })).toBe("the body is too large to read");
  });

  it("is a text in its body", async () => {
    expect(await problem(says("all is well"), { body: { contains: "well" } })).toBe("ok");
    expect(await problem(says("down"), { body: { contains: "well" } })).toBe(
      'the body does not contain "well"',
    );
  });

  it("names every assertion that does not hold", async () => {
    const json = [{ pointer: "/a", equals: 1 }, { pointer: "/b", exists: true }, { pointer: "/c" }];
    expect(await problem(says({ c: 1 }), { body: { json } })).toBe(
      "/a is missing, expected 1; /b is missing",
    );
  });

  it("is not looked for in an answer with another status", async () => {
    const { judged, url, seen } = await asked(404, { body: { contains: "well" }, version: {} });
    expect(judged.message).toBe(`API CRITICAL: ${url} returned 404`);
    expect(seen.answer).toMatchObject({ problems: [], version: null });
  });

  it("is nothing that HEAD could bring", async () => {
    expect(await problem(says("well"), { method: "HEAD", body: { contains: "well" } })).toBe(
      "an answer to HEAD has no body: use GET",
    );
  });

  it("leaves nothing of the body in the observation", async () => {
    const json = [
      { pointer: "/status", equals: "ok" },
      { pointer: "/key", matches: "^k" },
    ];
    const { seen } = await asked(says({ status: "ok", key: "key-of-the-house", rest: "of the body" }), {
      body: { json },
    });
    expect(JSON.stringify(seen)).not.toMatch(/key-of-the-house|of the body/);
  });

  it("comes in time", () => {
    const answer = {
      status: 200,
      redirects: 0,
      origin: "http://a.example",
      seconds: 2.4,
      problems: [],
      version: null,
    };
    const options = { ...http.defaults, url: "http://a.example", maxLatencyMs: 1000 };
    expect(judge(http, { answer, failure: null }, options).message).toBe(
      "API CRITICAL: http://a.example: took 2.4 s, expected at most 1 s",
    );
    expect(judge(http, { answer, failure: null }, { ...options, maxLatencyMs: 2400 }).status).toBe("ok");
  });
});

describe("the deployed version", () => {
  it.each([
    ["in a JSON body", says({ build: { version: "1.4.2" } }), { pointer: "/build/version" }],
    ["in a header", says("", { "X-Version": "v1.4.2" }), { header: "X-Version", equals: "${version}" }],
    ["as the body", says("v1.4.2\n"), {}],
    ["as named", says("2026.11"), { equals: "2026.11" }],
    ["as a number", says({ version: 7 }), { pointer: "/version", equals: "v7" }],
  ])("is found %s, with or without a leading v", async (_where, handler, version) => {
    expect((await asked(handler, { version })).judged.status).toBe("ok");
  });

  it.each([
    [says({ version: "1.4.1" }), { pointer: "/version" }, '/version is "1.4.1", expected "v1.4.2"'],
    [says({ version: null }), { pointer: "/version" }, '/version is missing, expected "v1.4.2"'],
    [says("vv1.4.2"), {}, 'the version is "vv1.4.2", expected "v1.4.2"'],
    [says("x"), { header: "X-Version" }, 'header X-Version is missing, expected "v1.4.2"'],
    [says(`<html>${"x".repeat(9000)}`), {}, /^the version is "<html>x+… \(\d+ characters\), expected/],
  ])("is another one", async (handler, version, message) => {
    const { judged, url } = await asked(handler, { version });
    const problem = judged.message.replace(`API CRITICAL: ${url}: `, "");
    if (typeof message === "string") expect(problem).toBe(message);
    else expect(problem).toMatch(message);
  });

  it("cannot be compared when no version is asked about", () => {
    const answer = {
      status: 200,
      redirects: 0,
      origin: "http://a.example",
      seconds: 0.1,
      problems: [],
      version: "1.0.0",
    };
    const options = { ...http.defaults, url: "http://a.example", version: {} };
    const judged = judge(http, { answer, failure: null }, options, { ...target, version: undefined });
    expect(judged).toMatchObject({ status: "unknown", remedy: "give --version, or set version.equals" });
  });

  it("can be judged again for another release", () => {
    const answer = {
      status: 200,
      redirects: 0,
      origin: "http://a.example",
      seconds: 0.1,
      problems: [],
      version: "1.0.0",
    };
    const options = { ...http.defaults, url: "http://a.example", version: {} };
    expect(judge(http, { answer, failure: null }, options, { ...target, version: "v1.0.0" }).status).toBe(
      "ok",
    );
  });
});

describe("what the runner needs to know of the http check", () => {
  it.each([
    ["https://api.example/a", "api.example:443"],
    ["http://api.example", "api.example:80"],
    ["http://[::1]:8080/", "[::1]:8080"],
    ["nonsense", undefined],
  ])("%s is asked at %s", (url, host) => {
    expect(http.host?.({ ...http.defaults, url })).toBe(host);
  });

  it("is how long and how often it tries", () => {
    expect(http.limits).toEqual({ timeoutMs: 3000, attempts: 3, backoffMs: [1000, 2000] });
  });

  it("is which variables hold secrets", () => {
    const headers = { Authorization: "Bearer ${API_TOKEN}", Cookie: "a=${ONE}; b=${TWO}" };
    const url = "https://ada:${PASSWORD}@${HOST}/x?key=${KEY}";
    expect(http.secrets?.({ ...http.defaults, url, headers })).toEqual([
      "API_TOKEN",
      "ONE",
      "TWO",
      "PASSWORD",
      "KEY",
    ]);
  });
});
