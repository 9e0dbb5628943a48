import { describe, expect, it } from "vitest";
import { NetworkFailure } from "../../../src/clients/readers.ts";
import {
  closingAfterEach,
  failure,
  never,
  serveBytes,
  serveHttp,
  serveRecording,
  serveRedirects,
  until,
} from "./http-servers.ts";

const { kept, asking } = closingAfterEach();

describe("an HTTP request", () => {
  it("says who it is and asks for plain bytes", async () => {
    const server = kept(await serveRecording());
    const answer = await asking().request({ url: `${server.url}/a?b=c#d`, signal: never() });
    expect(answer).toMatchObject({
      status: 200,
      body: "",
      bodyCut: false,
      redirects: 0,
      url: `${server.url}/a?b=c#d`,
    });
    expect(answer.tookMs).toBeGreaterThan(0);
    expect(server.seen[0]?.url).toBe("/a?b=c");
    expect(server.seen[0]?.headers).toMatchObject({
      "user-agent": "release-sentinel",
      "accept-encoding": "identity",
      host: `127.0.0.1:${server.port}`,
    });
  });

  it("sends HEAD, and headers as they are given", async () => {
    const server = kept(await serveRecording());
    await asking().request({
      url: server.url,
      method: "HEAD",
      headers: { Host: "api.example", "user-agent": "probe" },
      maxBodyBytes: 100,
      signal: never(),
    });
    expect(server.seen[0]).toMatchObject({
      method: "HEAD",
      headers: { host: "api.example", "user-agent": "probe" },
    });
  });

  it("reads as much of the body as was asked for", async () => {
    const server = kept(await serveHttp((_request, response) => response.end("0123456789")));
    const http = asking();
    const read = async (maxBodyBytes: number) => {
      const { body, bodyCut } = await http.request({ url: server.url, maxBodyBytes, signal: never() });
      return [body, bodyCut];
    };
    expect(await read(10)).toEqual(["0123456789", false]);
    expect(await read(4)).toEqual(["0123", true]);
    expect(await read(0)).toEqual(["", false]);
  });

  it("answers as soon as the headers are there when no body is wanted", async () => {
    const server = kept(
      await serveHttp((_request, response) => {
        response.write("a");
      }),
    );
    expect((await asking().request({ url: server.url, signal: never() })).status).toBe(200);
    await until(() => server.open.size === 0);
  });

  it("uses a connection again, whether or not the body is read", async () => {
    const server = kept(await serveRecording());
    const http = asking();
    for (const maxBodyBytes of [0, 100, 0]) {
      await http.request({ url: server.url, maxBodyBytes, signal: never() });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(server.made()).toBe(1);
  });

  it("asks again when a kept connection turns out to be closed", async () => {
    let served = 0;
    const server = kept(
      await serveBytes((socket) => {
        let first = true;
        socket.on("data", () => {
          if (!first) return socket.resetAndDestroy();
          first = false;
          served++;
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
      }),
    );
    const http = asking();
    for (let i = 0; i < 3; i++) {
      expect((await http.request({ url: server.url, maxBodyBytes: 10, signal: never() })).body).toBe("ok");
    }
    expect([served, server.made()]).toEqual([3, 3]);
  });

  it("opens at most 64 connections to one host", async () => {
    let [now, most] = [0, 0];
    const server = kept(
      await serveHttp((_request, response) => {
        most = Math.max(most, ++now);
        setTimeout(() => {
          now--;
          response.end();
        }, 5);
      }),
    );
    const http = asking();
    await Promise.all(Array.from({ length: 200 }, () => http.request({ url: server.url, signal: never() })));
    expect(most).toBeLessThanOrEqual(64);
    expect(server.made()).toBeLessThanOrEqual(64);
  });

  it("leaves no connection behind when it is closed", async () => {
    const server = kept(await serveRecording());
    const http = asking();
    await http.request({ url: server.url, maxBodyBytes: 10, signal: never() });
    expect(server.open.size).toBe(1);
    http.close();
    await until(() => server.open.size === 0);
  });

  it("finds a server that listens on ::1 only under the name localhost", async () => {
    const server = kept(await serveHttp((_request, response) => response.end(), "::1"));
    const http = asking();
    expect((await http.request({ url: `http://localhost:${server.port}/`, signal: never() })).status).toBe(
      200,
    );
    expect((await http.request({ url: `http://[::1]:${server.port}/`, signal: never() })).status).toBe(200);
  });
});

describe("user information in a URL", () => {
  it("becomes a Basic header, and its password a secret", async () => {
    const server = kept(await serveRecording());
    const http = asking();
    const password = ["p@ss", "w", "rd"].join("/");
    const url = server.url.replace("//", `//ada:${encodeURIComponent(password)}@`);
    const answer = await http.request({ url, signal: never() });
    const expected = Buffer.from(`ada:${password}`).toString("base64");
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${expected}`);
    expect(answer.url).toBe(`${server.url}/`);
    expect(http.secrets.mask(password)).toBe("***");
  });

  it("gives way to an Authorization header", async () => {
    const server = kept(await serveRecording());
    const url = server.url.replace("//", "//ada@");
    await asking().request({ url, headers: { authorization: "Digest x" }, signal: never() });
    expect(server.seen[0]?.headers.authorization).toBe("Digest x");
  });

  it("may be badly encoded", async () => {
    const server = kept(await serveRecording());
    await asking().request({ url: server.url.replace("//", "//100%@"), signal: never() });
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("100%:").toString("base64")}`);
  });
});

describe("what cannot be sent", () => {
  it.each([
    ["", "malformed URL"],
    ["api.example/health", "malformed URL"],
    ["http://", "malformed URL"],
    ["http:///health", "malformed URL"],
    ["http:api.example", "malformed URL"],
    ["http://a b/", "malformed URL"],
    ["http://api.example/\n", "malformed URL"],
    ["http://api.example\\health", "malformed URL"],
    ["http://api.example:99999/", "malformed URL"],
    ["http://[::1/", "malformed URL"],
    ["${RS_API_URL}", "malformed URL"],
    ["file:///etc/passwd", "malformed URL"],
    ["ftp://api.example/", "only http and https are supported"],
    ["javascript://x/%0aalert(1)", "only http and https are supported"],
  ])("the URL %j is refused", async (url, message) => {
    const error = await failure(asking().request({ url, signal: never() }));
    expect(error).toBeInstanceOf(NetworkFailure);
    expect(error).toMatchObject({ code: "BAD_URL", message });
  });

  it.each([
    [{ "X-Key": "hidden\r\nX-Other: 1" }, "header X-Key cannot be sent"],
    [{ "X-Key": "hidden\n" }, "header X-Key cannot be sent"],
    [{ "X-Key": "hidden€" }, "header X-Key cannot be sent"],
    [{ "X Key": "hidden" }, "header X Key cannot be sent"],
    [{ "": "hidden" }, "a header cannot be sent"],
  ])("headers %j are refused without their values", async (headers, message) => {
    const server = kept(await serveRecording());
    const error = await failure(
      asking().request({ url: server.url, headers: headers as Record<string, string>, signal: never() }),
    );
    expect(error).toMatchObject({ code: "BAD_HEADER", message });
    expect(`${error.message} ${error.stack}`).not.toContain("hidden");
    expect(server.seen).toEqual([]);
  });
});

describe("a post", () => {
  it("sends the body and reads a little of the answer", async () => {
    const bodies: string[] = [];
    const server = kept(
      await serveHttp(async (request, response) => {
        let text = "";
        for await (const chunk of request) text += chunk;
        bodies.push(`${request.method} ${request.headers["content-length"]} ${text}`);
        response.end("x".repeat(5000));
      }),
    );
    const answer = await asking().post({
      url: server.url,
      headers: { "Content-Type": "text/plain" },
      body: "hü",
      signal: never(),
    });
    expect(bodies).toEqual(["POST 3 hü"]);
    expect([answer.status, answer.body.length, answer.bodyCut]).toEqual([200, 4096, true]);
  });

  it("follows no redirect", async () => {
    const server = kept(await serveRedirects({ "/a": "/b" }, 307));
    const answer = await asking().post({ url: `${server.url}/a`, headers: {}, body: "{}", signal: never() });
    expect([answer.status, server.seen.length]).toEqual([307, 1]);
  });

  it("never goes over a connection that was used before", async () => {
    const server = kept(await serveRecording());
    const http = asking();
    await http.request({ url: server.url, maxBodyBytes: 10, signal: never() });
    await http.post({ url: server.url, headers: {}, body: "1", signal: never() });
    await http.post({ url: server.url, headers: {}, body: "2", signal: never() });
    expect(server.made()).toBe(3);
  });
});
