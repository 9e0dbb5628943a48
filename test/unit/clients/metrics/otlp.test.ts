import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createOtlp } from "../../../../src/clients/metrics/otlp.ts";
import { httpDoor, never, quick, samplePoints } from "../../../support/metrics.ts";
import { accept, type OtlpAnswer, otlpReceiver, partly } from "../../../support/otlp.ts";
import { closedPort } from "../../../support/server.ts";

function pusherTo(url: string, limits = quick) {
  const resource = { "service.name": "release-sentinel" };
  const headers = { "x-scope": "acme" };
  return createOtlp(httpDoor(), {
    url,
    headers,
    access: "OTEL_HEADERS",
    resource,
    toolVersion: "1.0.0",
    limits,
  });
}

/** One answer after the other; the last one again and again. */
function inTurn(...answers: OtlpAnswer[]): OtlpAnswer {
  return (response, n) => (answers[n - 1] ?? answers.at(-1) ?? accept)(response, n);
}

const status =
  (
    code: number,
    headers: Record<string, string> = {},
    body = '{"code":14,"message":"come again"}',
  ): OtlpAnswer =>
  (response) =>
    void response.writeHead(code, headers).end(body);

describe("pushing by OTLP", () => {
  it("sends what the specification asks for, and every point arrives as it is", async () => {
    const receiver = await otlpReceiver();
    const at = Date.now();
    expect(await pusherTo(receiver.url).push(samplePoints(at), never)).toEqual([]);
    expect(receiver.wrong).toEqual([]);
    expect(receiver.requests[0]?.headers).toMatchObject({ "x-scope": "acme" });
    const labels = samplePoints()[0]?.labels;
    const nanoseconds = BigInt(at) * 1_000_000n;
    expect(receiver.points).toEqual([
      {
        ...{ name: "release_sentinel_releases_total", kind: "sum", unit: "{release}", labels, value: 1 },
        ...{ at: nanoseconds, since: nanoseconds - 60_000_000_000n },
      },
      {
        ...{
          name: "release_sentinel_dora_change_failure_ratio",
          kind: "gauge",
          unit: "1",
          labels,
          value: 0.125,
        },
        ...{ at: nanoseconds, since: null },
      },
    ]);
  });

  it("probes with a request that holds nothing", async () => {
    const receiver = await otlpReceiver();
    await pusherTo(receiver.url).probe(never);
    expect(receiver.wrong).toEqual([]);
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.points).toEqual([]);
  });

  it("shows exactly what it would send", async () => {
    const receiver = await otlpReceiver();
    const [pusher, points] = [pusherTo(receiver.url), samplePoints()];
    await pusher.push(points, never);
    expect(JSON.parse(pusher.render(points))).toEqual(JSON.parse(receiver.requests[0]?.body ?? ""));
    expect(pusher.to).toBe(`POST ${receiver.url}`);
  });

  it.each(["2", 2])("fails for good when points are rejected, counted as %j", async (rejected) => {
    const receiver = await otlpReceiver(partly(rejected, "label \u001b[31mteam is too long"));
    const pushing = pusherTo(receiver.url).push(samplePoints(), never);
    await expect(pushing).rejects.toMatchObject({
      message: `the OTLP receiver at ${receiver.url} rejected 2 data points of 2: label \\x1b[31mteam is too long`,
      final: true,
    });
    expect(receiver.requests).toHaveLength(1);
  });

  it("passes on a warning where all is taken", async () => {
    const receiver = await otlpReceiver(partly(0, "use another endpoint"));
    expect(await pusherTo(receiver.url).push(samplePoints(), never)).toEqual([
      "the OTLP receiver warns: use another endpoint",
    ]);
  });

  it.each([429, 502, 503, 504])("comes again after %d, with the same points", async (code) => {
    const receiver = await otlpReceiver(inTurn(status(code), accept));
    await pusherTo(receiver.url).push(samplePoints(), never);
    const bodies = receiver.requests.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(new Set(bodies).size).toBe(1);
  });

  it.each([400, 401, 403, 404, 413, 500, 501])("does not come again after %d", async (code) => {
    const receiver = await otlpReceiver(status(code));
    await expect(pusherTo(receiver.url).push(samplePoints(), never)).rejects.toThrow(
      `answered ${code}: come again`,
    );
    expect(receiver.requests).toHaveLength(1);
  });

  it("waits as long as it is asked to, and not as long as it would otherwise", async () => {
    const receiver = await otlpReceiver(inTurn(status(429, { "retry-after": "0" }), accept));
    await pusherTo(receiver.url, { ...quick, backoffMs: [3_600_000] }).push(samplePoints(), never);
    expect(receiver.requests).toHaveLength(2);
  });

  it("does not wait for ever: it says how long it would have had to", async () => {
    const receiver = await otlpReceiver(status(429, { "retry-after": "3600" }));
    await expect(pusherTo(receiver.url).push(samplePoints(), never)).rejects.toThrow(
      /answered 429: come again, and asks to wait 60 min/,
    );
    expect(receiver.requests).toHaveLength(1);
  });

  it("gives up after some attempts", async () => {
    const receiver = await otlpReceiver(status(503));
    await expect(pusherTo(receiver.url).push(samplePoints(), never)).rejects.toThrow("answered 503");
    expect(receiver.requests).toHaveLength(3);
  });

  it("says which variables let it in when it is not let in", async () => {
    const receiver = await otlpReceiver(status(401, {}, "no token"));
    await expect(pusherTo(receiver.url).push(samplePoints(), never)).rejects.toMatchObject({
      message: `the OTLP receiver at ${receiver.url} answered 401: no token`,
      remedy: "see what lets us in: OTEL_HEADERS",
    });
  });

  it("does not take a login's page for an answer", async () => {
    const receiver = await otlpReceiver(status(200, { "content-type": "text/html" }, "<h1>Log in</h1>"));
    await expect(pusherTo(receiver.url).push(samplePoints(), never)).rejects.toThrow(
      "answered 200 with a web page: that is something else",
    );
  });

  it.each(["", "ok", "{}", '{"partialSuccess":null}'])("takes %j for a success", async (body) => {
    const receiver = await otlpReceiver(status(200, {}, body));
    expect(await pusherTo(receiver.url).push(samplePoints(), never)).toEqual([]);
  });

  it("says where it was sent on to, and does not go there", async () => {
    const receiver = await otlpReceiver(
      status(302, { location: "https://login.example.com/?key=value" }, ""),
    );
    await expect(pusherTo(receiver.url).push(samplePoints(), never)).rejects.toThrow(
      "answered 302, to https://login.example.com/?key=***",
    );
  });

  it("gives up on a receiver that never answers", async () => {
    // The time is up as soon as it has been asked, and never before.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const receiver = await otlpReceiver(() => void vi.advanceTimersByTime(60_000));
    const limits = { ...quick, attemptMs: 60_000 };
    await expect(pusherTo(receiver.url, limits).push(samplePoints(), never)).rejects.toThrow(
      "cannot be reached: no answer within 1 min",
    );
    expect(receiver.requests).toHaveLength(3);
  });

  it("ends at once when it is interrupted, while it waits for an answer and between attempts", async () => {
    for (const answer of [() => {}, status(503, { "retry-after": "4" })]) {
      const controller = new AbortController();
      const receiver = await otlpReceiver((response, n) => {
        answer(response, n);
        setTimeout(() => controller.abort(new Error("Ctrl-C")), 20);
      });
      await expect(pusherTo(receiver.url).push(samplePoints(), controller.signal)).rejects.toThrow("Ctrl-C");
      expect(receiver.requests).toHaveLength(1);
    }
  });

  it("says what is the matter when nobody listens, and shows no password", async () => {
    const url = `http://user:${"hunter".repeat(2)}@127.0.0.1:${await closedPort()}/v1/metrics`;
    await expect(pusherTo(url).push(samplePoints(), never)).rejects.toThrow(
      /^the OTLP receiver at http:\/\/\*\*\*@127\.0\.0\.1:\d+\/v1\/metrics cannot be reached: .*refused/,
    );
  });
});
