import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { NetworkFailure } from "../../../src/clients/readers.ts";
import { Aborted } from "../../../src/core/check.ts";
import {
  closedPort,
  closingAfterEach,
  failure,
  never,
  type Running,
  serveBytes,
  serveText,
  timeLimit,
  until,
} from "./http-servers.ts";

const { kept, asking } = closingAfterEach();

async function serving(talk: string | ((socket: Socket) => void)): Promise<Running> {
  const server = await (typeof talk === "string" ? serveText(talk) : serveBytes(talk));
  return kept(server);
}

/** Sends the same bytes again and again, as long as somebody listens. */
function forEver(socket: Socket, text: string, everyMs: number, first = ""): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.on("close", () => clearInterval(timer));
}

const ok = "HTTP/1.1 200 OK\r\n";

describe("a server that gives no answer", () => {
  it("because nobody listens", async () => {
    const error = await failure(
      asking().request({ url: `http://127.0.0.1:${await closedPort()}/`, signal: never() }),
    );
    expect(error).toBeInstanceOf(NetworkFailure);
    expect(error).toMatchObject({ code: "ECONNREFUSED", message: "connection refused" });
  });

  it("because nobody listens on either address of localhost", async () => {
    const error = await failure(
      asking().request({ url: `http://localhost:${await closedPort()}/`, signal: never() }),
    );
    expect(error).toMatchObject({ code: "ECONNREFUSED", message: "connection refused" });
  });

  it.each([
    ["closes at once", (socket: Socket) => socket.end(), "connection closed without an answer"],
    [
      "closes when asked",
      (socket: Socket) => socket.once("data", () => socket.end()),
      "connection closed without an answer",
    ],
    ["resets", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy()), "connection reset"],
  ])("because it %s", async (_what, talk, message) => {
    const server = await serving((socket) => void talk(socket));
    const error = await failure(asking().request({ url: server.url, maxBodyBytes: 10, signal: never() }));
    expect(error).toMatchObject({ code: "ECONNRESET", message });
  });

  it.each([
    ["garbage", "\u0000\u0001garbage\r\n\r\n", "answered something that is not HTTP"],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "answered something that is not HTTP"],
    ["a status that is no number", "HTTP/1.1 2OO OK\r\n\r\n", "answered something that is not HTTP"],
    [
      "two lengths",
      `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      "answered something that is not HTTP",
    ],
    ["huge headers", `${ok}X: ${"x".repeat(40_000)}\r\n\r\n`, "headers are too large"],
    [
      "an upgrade nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
      "connection closed without an answer",
    ],
  ])("but %s", async (_what, text, message) => {
    const server = await serving(text);
    const error = await failure(asking().request({ url: server.url, signal: never() }));
    expect(error).toBeInstanceOf(NetworkFailure);
    expect(error.message).toBe(message);
    await until(() => server.open.size === 0);
  });

  it.each([
    ["says nothing", () => {}],
    ["sends headers for ever", (socket: Socket) => forEver(socket, "X-A: b\r\n", 2, ok)],
    [
      "sends interim answers for ever",
      (socket: Socket) => forEver(socket, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 2),
    ],
    ["never ends the body", (socket: Socket) => socket.write(`${ok}Content-Length: 9\r\n\r\nabc`)],
  ])("in time because it %s", async (_what, talk) => {
    const server = await serving((socket) => void talk(socket));
    const { signal, expire } = timeLimit();
    const asked = failure(asking().request({ url: server.url, maxBodyBytes: 100, signal }));
    await until(() => server.open.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expire();
    expect(await asked).toMatchObject({
      name: "NetworkFailure",
      code: "TIMEOUT",
      message: "no answer within 3 s",
    });
    await until(() => server.open.size === 0);
  });

  it("and breaks off in the middle of the body", async () => {
    const server = await serving((socket) =>
      socket.once("data", () => socket.end(`${ok}Content-Length: 9\r\n\r\nabc`)),
    );
    const error = await failure(asking().request({ url: server.url, maxBodyBytes: 100, signal: never() }));
    expect(error).toMatchObject({
      code: "ECONNRESET",
      message: "connection closed in the middle of the answer",
    });
  });
});

describe("a server with odd manners", () => {
  it("may send interim answers first", async () => {
    const hints = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const server = await serving(`${hints}${ok}Content-Length: 2\r\n\r\nok`);
    expect(await asking().request({ url: server.url, maxBodyBytes: 10, signal: never() })).toMatchObject({
      status: 200,
      body: "ok",
    });
  });

  it("may end the body by closing", async () => {
    const server = await serving((socket) => socket.once("data", () => socket.end(`${ok}\r\nto the end`)));
    const answer = await asking().request({ url: server.url, maxBodyBytes: 100, signal: never() });
    expect(answer).toMatchObject({ body: "to the end", bodyCut: false });
  });

  it("may send an endless body: it is cut and the connection closed", async () => {
    const server = await serving((socket) => {
      socket.write(`${ok}\r\n`);
      forEver(socket, "x".repeat(1000), 1);
    });
    const answer = await asking().request({ url: server.url, maxBodyBytes: 2500, signal: never() });
    expect([answer.body.length, answer.bodyCut]).toEqual([2500, true]);
    await until(() => server.open.size === 0);
  });

  it("may send an endless body that nobody wants", async () => {
    const server = await serving((socket) => {
      socket.write(`${ok}\r\n`);
      forEver(socket, "x".repeat(50_000), 1);
    });
    expect((await asking().request({ url: server.url, signal: never() })).status).toBe(200);
    await until(() => server.open.size === 0);
  });

  it("may repeat a header", async () => {
    const server = await serving(
      `${ok}Set-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n`,
    );
    const { headers } = await asking().request({ url: server.url, signal: never() });
    expect(headers).toMatchObject({ "set-cookie": "a=b, c=d", "x-a": "1, 2" });
  });
});

describe("a request that is not wanted any more", () => {
  it("ends with the caller's reason", async () => {
    const server = await serving(() => {});
    const controller = new AbortController();
    const asked = failure(asking().request({ url: server.url, signal: controller.signal }));
    await until(() => server.open.size === 1);
    const reason = new Aborted("interrupt", "interrupted");
    controller.abort(reason);
    expect(await asked).toBe(reason);
    await until(() => server.open.size === 0);
  });

  it("is not begun", async () => {
    const server = await serving(() => {});
    const reason = new Aborted("not-needed", "enough");
    expect(await failure(asking().request({ url: server.url, signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    expect(server.made()).toBe(0);
  });

  it("ends while it waits for one of the 64 connections", async () => {
    const server = await serving(() => {});
    const http = asking();
    const { signal, expire } = timeLimit();
    const holding = Array.from({ length: 64 }, () => failure(http.request({ url: server.url, signal })));
    await until(() => server.open.size === 64);
    const waiting = timeLimit();
    const asked = failure(http.request({ url: server.url, signal: waiting.signal }));
    waiting.expire();
    expect(await asked).toMatchObject({ code: "TIMEOUT" });
    expire();
    for (const error of await Promise.all(holding)) expect(error.code).toBe("TIMEOUT");
    await until(() => server.open.size === 0);
    expect(server.made()).toBe(64);
  });

  it("ends when everything is closed", async () => {
    const server = await serving(() => {});
    const http = asking();
    const asked = failure(http.request({ url: server.url, signal: never() }));
    await until(() => server.open.size === 1);
    http.close();
    expect(await asked).toMatchObject({ code: "ECONNRESET" });
  });
});
