import { appendFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../support/temp.ts";
import { closingAfterEach, failure, never, serveHttp, timeLimit, until } from "./http-servers.ts";

const { kept, asking } = closingAfterEach();

interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  readonly whole: boolean;
}

/** Keeps what was sent; answers 201, or redirects where a path has an entry. */
async function receiving(to: Readonly<Record<string, { status: number; location: string }>> = {}) {
  const got: Got[] = [];
  const server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    const { method = "", url = "", headers } = request;
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // Cut off by the other side: said below.
    }
    got.push({ method, url, headers, body: Buffer.concat(chunks), whole: request.complete });
    const redirect = to[url];
    if (redirect) response.writeHead(redirect.status, { location: redirect.location }).end();
    else response.writeHead(201).end("made");
  });
  return kept(Object.assign(server, { got }));
}

function file(bytes: number): { file: string; bytes: number; content: Buffer } {
  const path = join(tempFolder(), "asset.bin");
  const content = Buffer.alloc(bytes, "0123456789");
  writeFileSync(path, content);
  return { file: path, bytes, content };
}

describe("sending", () => {
  it("has bytes that are no text as they are, also to where it is redirected", async () => {
    const body = Uint8Array.from([0, 255, 128, 10, 195]);
    const server = await receiving({ "/old": { status: 308, location: "/new" } });
    await asking().send({ url: `${server.url}/old`, method: "POST", headers: {}, body, signal: never() });
    expect(server.got.map(({ url, headers }) => [url, headers["content-length"]])).toEqual([
      ["/old", "5"],
      ["/new", "5"],
    ]);
    expect(server.got.map((got) => got.body)).toEqual([Buffer.from(body), Buffer.from(body)]);
  });

  it("has the method, headers and text that were given", async () => {
    const server = await receiving();
    const answer = await asking().send({
      url: `${server.url}/a?b=c`,
      method: "PATCH",
      headers: { "X-A": "1" },
      body: '{"ä":1}',
      signal: never(),
    });
    expect(answer).toMatchObject({ status: 201, body: "made" });
    expect(server.got[0]).toMatchObject({
      method: "PATCH",
      url: "/a?b=c",
      headers: { "x-a": "1", "content-length": "8" },
      whole: true,
    });
  });

  it("of nothing with DELETE says no length", async () => {
    const server = await receiving();
    await asking().send({ url: server.url, method: "DELETE", headers: {}, body: "", signal: never() });
    expect(server.got[0]?.headers["content-length"]).toBeUndefined();
    expect(server.got[0]?.headers["transfer-encoding"]).toBeUndefined();
  });

  it("never uses a connection again", async () => {
    const server = await receiving();
    const http = asking();
    for (let i = 0; i < 3; i++) {
      await http.send({ url: server.url, method: "POST", headers: {}, body: "x", signal: never() });
    }
    expect(server.made()).toBe(3);
  });

  it.each([0, 1, 256 * 1024, 5_000_001])("streams a file of %i bytes", async (bytes) => {
    const server = await receiving();
    const { content, ...body } = file(bytes);
    let parts = 0;
    const onProgress = () => void parts++;
    await asking().send({ url: server.url, method: "POST", headers: {}, body, onProgress, signal: never() });
    expect(server.got[0]?.headers["content-length"]).toBe(String(bytes));
    expect(server.got[0]?.body.equals(content)).toBe(true);
    expect(parts).toBe(Math.ceil(bytes / (256 * 1024)));
  });

  it.each([
    ["is not there", (path: string) => rmSync(path), /^file .*asset\.bin cannot be read \(ENOENT\)$/],
    ["is shorter", (path: string) => truncateSync(path, 10), /has 10 bytes, not 1000000$/],
    ["is longer", (path: string) => appendFileSync(path, "x"), /has 1000001 bytes, not 1000000$/],
  ])("fails when the file %s", async (_name, change, message) => {
    const server = await receiving();
    const { file: path, bytes } = file(1_000_000);
    change(path);
    const send = { url: server.url, method: "POST" as const, headers: {}, signal: never() };
    expect(await failure(asking().send({ ...send, body: { file: path, bytes } }))).toMatchObject({
      code: "BAD_BODY",
      message: expect.stringMatching(message),
    });
    expect(server.got.filter(({ whole }) => whole)).toEqual([]);
  });

  it.each([
    ["shrinks", (path: string) => truncateSync(path, 600_000)],
    ["grows", (path: string) => appendFileSync(path, "x")],
  ])("fails when the file %s meanwhile, and the other side never has it whole", async (_name, change) => {
    const server = await receiving();
    const { file: path, bytes } = file(1_000_000);
    const send = { url: server.url, method: "POST" as const, headers: {}, signal: never() };
    const call = asking().send({ ...send, body: { file: path, bytes }, onProgress: () => change(path) });
    expect(await failure(call)).toMatchObject({ code: "BAD_BODY" });
    await until(() => server.got.length === 1);
    expect(server.got[0]?.whole).toBe(false);
  });

  it("goes on at 307 and 308 with method, body and headers", async () => {
    const server = await receiving({
      "/a": { status: 307, location: "/b" },
      "/b": { status: 308, location: "/c" },
    });
    const { content, ...body } = file(300_000);
    const headers = { Authorization: "Bearer x" };
    const answer = await asking().send({
      url: `${server.url}/a`,
      method: "POST",
      headers,
      body,
      signal: never(),
    });
    expect(answer).toMatchObject({ status: 201, redirects: 2, url: `${server.url}/c` });
    expect(server.got.map(({ method, headers: { authorization } }) => [method, authorization])).toEqual(
      Array(3).fill(["POST", "Bearer x"]),
    );
    expect(server.got.every((one) => one.body.equals(content))).toBe(true);
  });

  it("goes to no other origin, and answers what it was told", async () => {
    const other = await receiving();
    const server = await receiving({ "/a": { status: 307, location: `${other.url}/b` } });
    const send = { url: `${server.url}/a`, method: "POST" as const, headers: {}, body: "x", signal: never() };
    expect(await asking().send(send)).toMatchObject({ status: 307, redirects: 0 });
    expect(other.got).toEqual([]);
  });

  it("does not follow 301 to 303, nor more than three redirects", async () => {
    const server = await receiving({
      "/a": { status: 302, location: "/b" },
      "/loop": { status: 307, location: "/loop" },
    });
    const send = { method: "PATCH" as const, headers: {}, body: "x", signal: never() };
    expect(await asking().send({ ...send, url: `${server.url}/a` })).toMatchObject({ status: 302 });
    expect(await asking().send({ ...send, url: `${server.url}/loop` })).toMatchObject({
      status: 307,
      redirects: 3,
    });
    expect(server.got.filter(({ url }) => url === "/loop")).toHaveLength(4);
  });

  it("takes an answer that comes before everything was sent, and stops sending", async () => {
    const server = kept(
      await serveHttp((_request, response) => response.writeHead(413, { "content-length": "3" }).end("big")),
    );
    const { content: _content, ...body } = file(64 * 1024 * 1024);
    const answer = await asking().send({
      url: server.url,
      method: "POST",
      headers: {},
      body,
      signal: never(),
    });
    expect(answer).toMatchObject({ status: 413, body: "big" });
    await until(() => server.open.size === 0);
  });

  it("stops in the middle of a file when it is told to", async () => {
    const server = kept(await serveHttp((request) => request.resume()));
    const { content: _content, ...body } = file(64 * 1024 * 1024);
    const { signal, expire } = timeLimit();
    const send = { url: server.url, method: "POST" as const, headers: {}, body, signal };
    const call = failure(asking().send({ ...send, onProgress: expire }));
    expect(await call).toMatchObject({ code: "TIMEOUT" });
    await until(() => server.open.size === 0);
  });

  it("says when the connection breaks in the middle", async () => {
    const server = kept(
      await serveHttp((request) => request.once("data", () => request.socket.resetAndDestroy())),
    );
    const { content: _content, ...body } = file(8 * 1024 * 1024);
    const call = asking().send({ url: server.url, method: "POST", headers: {}, body, signal: never() });
    expect((await failure(call)).code).toMatch(/^(ECONNRESET|EPIPE)$/);
  });
});
