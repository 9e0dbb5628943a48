import { describe, expect, it } from "vitest";
import { NetworkFailure } from "../../../src/clients/readers.ts";
import { closingAfterEach, failure, never, serveHttp, serveRedirects } from "./http-servers.ts";

const { kept, asking } = closingAfterEach();

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("with status %i is followed", async (status) => {
    const server = kept(await serveRedirects({ "/a": "/b" }, status));
    const answer = await asking().request({
      url: `${server.url}/a`,
      maxRedirects: 5,
      maxBodyBytes: 10,
      signal: never(),
    });
    expect(answer).toMatchObject({ status: 200, body: "there", redirects: 1, url: `${server.url}/b` });
  });

  it("is not followed when none may be", async () => {
    const server = kept(await serveRedirects({ "/a": "/b" }));
    expect(await asking().request({ url: `${server.url}/a`, signal: never() })).toMatchObject({
      status: 302,
      redirects: 0,
    });
  });

  it("may be relative, with a query of its own", async () => {
    const server = kept(await serveRedirects({ "/a/b": "../c?d=e" }));
    const answer = await asking().request({ url: `${server.url}/a/b`, maxRedirects: 1, signal: never() });
    expect(answer.url).toBe(`${server.url}/c?d=e`);
  });

  it("may hold UTF-8 that is not encoded", async () => {
    const server = kept(await serveRedirects({ "/a": Buffer.from("/ü").toString("latin1") }));
    await asking().request({ url: `${server.url}/a`, maxRedirects: 1, signal: never() });
    expect(server.seen[1]?.url).toBe("/%C3%BC");
  });

  it("without a Location is the answer", async () => {
    const server = kept(await serveHttp((_request, response) => response.writeHead(302).end()));
    expect((await asking().request({ url: server.url, maxRedirects: 5, signal: never() })).status).toBe(302);
  });

  it("is followed five times when five are allowed, not six", async () => {
    const server = kept(
      await serveRedirects({
        "/6": "/5",
        "/5": "/4",
        "/4": "/3",
        "/3": "/2",
        "/2": "/1",
        "/1": "/0",
      }),
    );
    const http = asking();
    const answer = await http.request({ url: `${server.url}/5`, maxRedirects: 5, signal: never() });
    expect(answer).toMatchObject({ status: 200, redirects: 5 });
    const error = await failure(http.request({ url: `${server.url}/6`, maxRedirects: 5, signal: never() }));
    expect(error).toBeInstanceOf(NetworkFailure);
    expect(error).toMatchObject({ code: "TOO_MANY_REDIRECTS", message: "more than 5 redirects" });
  });

  it("that leads back to itself ends", async () => {
    const server = kept(await serveRedirects({ "/a": "/b", "/b": "/a" }));
    const error = await failure(
      asking().request({ url: `${server.url}/a`, maxRedirects: 3, signal: never() }),
    );
    expect(error.code).toBe("TOO_MANY_REDIRECTS");
    expect(server.seen).toHaveLength(4);
  });

  it.each([
    ["file:///etc/passwd", "redirected to something that is not http(s)"],
    ["ftp://127.0.0.1/", "redirected to something that is not http(s)"],
    ["http://", "redirected to a malformed URL"],
  ])("to %s is refused", async (location, message) => {
    const server = kept(await serveRedirects({ "/a": location }));
    const error = await failure(
      asking().request({ url: `${server.url}/a`, maxRedirects: 5, signal: never() }),
    );
    expect(error).toMatchObject({ code: "BAD_URL", message });
  });

  it("keeps what was given on the same origin", async () => {
    const server = kept(await serveRedirects({ "/a": "/b" }));
    const url = `${server.url.replace("//", "//ada:pw@")}/a`;
    await asking().request({
      url,
      headers: { Cookie: "a=b", "X-Team": "payments" },
      maxRedirects: 1,
      signal: never(),
    });
    expect(server.seen[1]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from("ada:pw").toString("base64")}`,
      cookie: "a=b",
      "x-team": "payments",
    });
  });

  it("gives nothing to another origin, nor back on return", async () => {
    const home: Record<string, string> = {};
    const server = kept(await serveRedirects(home));
    const other = kept(await serveRedirects({ "/b": `${server.url}/c` }));
    home["/a"] = `${other.url}/b`;
    const given = { Authorization: "Basic abc", Cookie: "a=b", "X-Api-Key": "k" };
    const answer = await asking().request({
      url: `${server.url}/a`,
      headers: given,
      maxRedirects: 5,
      signal: never(),
    });
    expect(answer).toMatchObject({ url: `${server.url}/c`, redirects: 2 });
    const asked = [...server.seen, ...other.seen].map(({ url, headers }) => [
      url,
      ["authorization", "cookie", "x-api-key"].filter((name) => name in headers),
    ]);
    expect(Object.fromEntries(asked)).toEqual({
      "/a": ["authorization", "cookie", "x-api-key"],
      "/b": [],
      "/c": [],
    });
  });

  it("to another name of the same host is another origin", async () => {
    const server = kept(await serveRedirects({}));
    const first = kept(await serveRedirects({ "/a": `http://localhost:${server.port}/b` }));
    await asking().request({
      url: `${first.url}/a`,
      headers: { Cookie: "a=b" },
      maxRedirects: 1,
      signal: never(),
    });
    expect(server.seen[0]?.headers.cookie).toBeUndefined();
  });
});
