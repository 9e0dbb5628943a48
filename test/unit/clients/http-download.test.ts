import { describe, expect, it, onTestFinished } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { createHttp, type HttpClient } from "../../../src/clients/http.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { server } from "../../support/server.ts";

const never = new AbortController().signal;

function client(): HttpClient {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  return http;
}

/** Every byte there is, which no text survives. */
const binary = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256));

describe("a download", () => {
  it("hands a body over to the byte, one part after the other", async () => {
    const { url } = await server((_request, response) => response.writeHead(200).end(binary));
    const parts: Buffer[] = [];
    let busy = false;
    const into = async (part: Buffer) => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setImmediate(resolve));
      parts.push(Buffer.from(part));
      busy = false;
    };
    const answer = await client().download({ url, into, maxBytes: binary.length, signal: never });
    expect(answer).toMatchObject({ status: 200, body: "" });
    expect(Buffer.concat(parts).equals(binary)).toBe(true);
  });

  it("is refused when there is more than that", async () => {
    const { url } = await server((_request, response) => response.writeHead(200).end(binary));
    let seen = 0;
    const into = (part: Buffer) => void (seen += part.length);
    const work = client().download({ url, into, maxBytes: 1000, signal: never });
    await expect(work).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect(seen).toBeLessThanOrEqual(1000);
  });

  it("ends with what its taker throws", async () => {
    const { url } = await server((_request, response) => response.writeHead(200).end(binary));
    const full = Object.assign(new Error("full"), { code: "ENOSPC" });
    const into = () => Promise.reject(full);
    await expect(client().download({ url, into, maxBytes: 1e9, signal: never })).rejects.toBe(full);
  });

  it("of anything but a 200 is an answer with its reason", async () => {
    const { url } = await server((_request, response) => response.writeHead(403).end("not you"));
    const into = () => expect.unreachable();
    const answer = await client().download({ url, into, maxBytes: 10, signal: never });
    expect(answer).toMatchObject({ status: 403, body: "not you" });
  });

  it("that breaks off is no download", async () => {
    const { url } = await server((_request, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("half");
      setTimeout(() => response.destroy(), 20);
    });
    const work = client().download({ url, into: () => {}, maxBytes: 1000, signal: never });
    await expect(work).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("does not take credentials to where it is sent on to", async () => {
    const there = await server((_request, response) => response.writeHead(200).end("content"));
    const here = await server((_request, response) =>
      response.writeHead(302, { Location: `${there.url}/file` }).end(),
    );
    const headers = { Authorization: `Bearer ${["a", "token"].join("-")}` };
    await client().download({
      url: here.url,
      headers,
      maxRedirects: 3,
      into: () => {},
      maxBytes: 100,
      signal: never,
    });
    expect(here.received[0]?.headers.authorization).toBeDefined();
    expect(there.received[0]?.headers.authorization).toBeUndefined();
  });

  it("is let go when it is told to", async () => {
    const { url } = await server((_request, response) => {
      response.writeHead(200);
      response.write("x");
    });
    const stop = new AbortController();
    const work = client().download({
      url,
      into: () => stop.abort(new Error("enough")),
      maxBytes: 100,
      signal: stop.signal,
    });
    await expect(work).rejects.toThrow();
  });
});
