import { describe, expect, it } from "vitest";
import {
  closedPort,
  closingAfterEach,
  failure,
  never,
  serveBytes,
  serveRecording,
  serveText,
  timeLimit,
  until,
} from "./http-servers.ts";

const { kept, asking } = closingAfterEach();

describe("a proxy", () => {
  it("is asked for the whole URL, with its own credentials", async () => {
    const proxy = kept(await serveRecording());
    const password = ["pass", "word"].join("-");
    const http = asking({ HTTP_PROXY: proxy.url.replace("//", `//ada:${password}@`) });
    expect((await http.request({ url: "http://api.example/health", signal: never() })).status).toBe(200);
    expect(proxy.seen[0]).toMatchObject({
      url: "http://api.example/health",
      headers: {
        host: "api.example",
        "proxy-authorization": `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`,
      },
    });
    expect(http.secrets.mask(password)).toBe("***");
  });

  it("may be named without a scheme", async () => {
    const proxy = kept(await serveRecording());
    await asking({ http_proxy: `127.0.0.1:${proxy.port}` }).request({
      url: "http://api.example/",
      signal: never(),
    });
    expect(proxy.seen).toHaveLength(1);
  });

  it("is passed by where NO_PROXY or the request says so", async () => {
    const proxy = kept(await serveRecording());
    const server = kept(await serveRecording());
    await asking({ HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" }).request({
      url: server.url,
      signal: never(),
    });
    await asking({ HTTP_PROXY: proxy.url }).request({ url: server.url, noProxy: true, signal: never() });
    expect([proxy.seen.length, server.seen.length]).toEqual([0, 2]);
  });

  it("with an unusable URL is named without it", async () => {
    const url = ["http://ada", "secret@[bad"].join(":");
    const error = await failure(
      asking({ HTTP_PROXY: url }).request({ url: "http://api.example/", signal: never() }),
    );
    expect(error).toMatchObject({ code: "BAD_PROXY", message: "HTTP_PROXY is not a usable URL" });
  });

  it("that refuses a tunnel is the cause", async () => {
    const proxy = kept(await serveText("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    const http = asking({ HTTPS_PROXY: proxy.url });
    const error = await failure(http.request({ url: "https://api.example/", signal: never() }));
    expect(error).toMatchObject({
      code: "ERR_PROXY_TUNNEL",
      message: "the proxy does not let us through (it answered 407)",
    });
  });

  it("that never answers is let go at the time limit", async () => {
    const proxy = kept(await serveBytes(() => {}));
    const { signal, expire } = timeLimit();
    const asked = failure(
      asking({ HTTPS_PROXY: proxy.url }).request({ url: "https://api.example/", signal }),
    );
    await until(() => proxy.open.size === 1);
    expire();
    expect(await asked).toMatchObject({ code: "TIMEOUT", message: "no answer within 3 s" });
    await until(() => proxy.open.size === 0);
  });

  it("that cannot be reached is the cause", async () => {
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` };
    const error = await failure(asking(env).request({ url: "https://api.example/", signal: never() }));
    expect(error).toMatchObject({ code: "ECONNREFUSED", message: "connection refused" });
  });
});
