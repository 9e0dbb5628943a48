import { describe, expect, it } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { urlLook } from "../../../../src/deploy/looks/url.ts";
import { versionLook } from "../../../../src/deploy/looks/version.ts";
import { closedPort, server } from "../../../support/server.ts";

const never = new AbortController().signal;
const secrets = new Secrets();
const http = createHttp({ env: createEnv({}, secrets), secrets });
const since = new Date();

describe("a URL that must answer", () => {
  it("is well when it answers 200, though only after a while", async () => {
    const service = await server((_request, response, n) => response.writeHead(n < 3 ? 503 : 200).end());
    const { forward } = urlLook(http, service.url, 20_000);
    expect(await forward.prove?.(never)).toMatchObject([{ state: "notice" }]);
    expect(await forward.look(since, never)).toMatchObject({ state: "ok" });
  });

  it("is not well when it answers otherwise, or not at all, to the end of its time", async () => {
    const service = await server(500);
    const silent = `http://127.0.0.1:${await closedPort()}`;
    for (const [url, says] of [
      [service.url, "answered 500, for 50 ms"],
      [silent, "unreachable"],
    ] as const) {
      const looked = await urlLook(http, url, 50).forward.look(since, never);
      expect(looked.state).toBe("failed");
      expect(looked.message).toContain(says);
    }
  });

  it("whose name means nothing here could not be looked at", async () => {
    // Too long for a name, so that no server is asked for it, which may be away or slow.
    const { forward } = urlLook(http, `http://${"a".repeat(64)}.invalid/`, 50);
    expect(await forward.prove?.(never)).toMatchObject([{ state: "notice" }]);
    expect(await forward.look(since, never)).toMatchObject({ state: "unknown" });
  });

  it("asked again after a roll back need not be better than it was before", async () => {
    const service = await server(503);
    const { forward, back } = urlLook(http, service.url, 50);
    await forward.prove?.(never);
    expect(await back.look(since, never)).toMatchObject({
      state: "ok",
      message: expect.stringContaining("did not answer well before the deploy either"),
    });
  });

  it("asked again after a roll back must be as well as it was before", async () => {
    const service = await server((_request, response, n) => response.writeHead(n === 1 ? 200 : 503).end());
    const { forward, back } = urlLook(http, service.url, 50);
    await forward.prove?.(never);
    expect(await back.look(since, never)).toMatchObject({ state: "failed" });
  });

  it("shows no password that is in it", async () => {
    const password = ["pass", "word"].join("-");
    const { forward } = urlLook(
      http,
      `http://user:${password}@127.0.0.1:${await closedPort()}/?key=${password}`,
      10,
    );
    const looked = await forward.look(since, never);
    expect(forward.title + looked.message).not.toContain(password);
  });
});

describe("the version that a service says it is", () => {
  const says = (body: string) => server((_request, response) => response.writeHead(200).end(body));
  const look = async (body: string, version: string, field?: string) =>
    versionLook(http, {
      url: (await says(body)).url,
      version,
      forMs: 20,
      ...(field === undefined ? {} : { field }),
    }).look(since, never);

  it.each([
    ['{"build":{"version":"1.4.2"}}', "v1.4.2", "build.version"],
    ['{"version":"v1.4.2"}', "v1.4.2", "version"],
    ["shop 1.4.2 (abc)", "v1.4.2", undefined],
    ["v1.4.2\n", "v1.4.2", undefined],
  ])("%s is %s", async (body, version, field) => {
    expect(await look(body, version, field)).toMatchObject({ state: "ok" });
  });

  it.each([
    ['{"build":{"version":"1.4.1"}}', "build.version", "says build.version is 1.4.1, not v1.4.2"],
    ['{"build":{}}', "build.version", "says no build.version"],
    ["not json", "build.version", "says no build.version"],
    ["1.4.20", undefined, "does not say v1.4.2"],
  ])("%s is not v1.4.2", async (body, field, message) => {
    const looked = await look(body, "v1.4.2", field);
    expect(looked).toMatchObject({ state: "failed" });
    expect(looked.message).toContain(message);
  });
});
