import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { createHttpStore } from "../../../../src/clients/stores/http.ts";
import type { Store } from "../../../../src/clients/stores/store.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { fileWith, storeContract } from "../../../contract/store.ts";
import { fileServer } from "../../../support/file-server.ts";
import { closedPort, server } from "../../../support/server.ts";
import { tempFolder } from "../../../support/temp.ts";

const never = new AbortController().signal;
const token = ["a", "bearer", "token"].join("-");

function storeAt(url: string, given: string | undefined = token): Store {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  return createHttpStore({ http, url, token: given, tokenFrom: "STORE_TOKEN", backoffMs: [1, 1] });
}

storeContract("a server", async () => {
  const server = await fileServer(token);
  onTestFinished(() => expect(server.violations).toEqual([]));
  return { open: () => storeAt(`${server.url}/releases/`) };
});

describe("a server as a store", () => {
  it("puts a file only where none is, and reads it back", async () => {
    const server = await fileServer(token);
    await storeAt(`${server.url}/releases`).put(fileWith("x"), never);
    const path = "/releases/release-v1.2.3.tar.gz";
    expect(server.requests).toEqual([`GET ${path}`, `PUT ${path}`, `GET ${path}`]);
    expect(server.violations).toEqual([]);
  });

  it("takes a page that answers to every path for no file of its own", async () => {
    const { url } = await server((_request, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>login</html>");
    });
    const store = storeAt(url);
    const words = { message: expect.stringContaining("answered an HTML page"), final: false };
    await expect(store.stat("release-v1.2.3.json", never)).rejects.toMatchObject(words);
    const to = join(tempFolder(), "there");
    await expect(store.get("release-v1.2.3.json", to, 1000, never)).rejects.toMatchObject(words);
    expect(existsSync(to)).toBe(false);
  });

  it("knows a file as stored whose answer was lost", async () => {
    const server = await fileServer(token);
    server.fault = (method) => (method === "PUT" ? "drop-after" : undefined);
    expect(await storeAt(server.url).put(fileWith("x"), never)).toBe("stored");
  });

  it("asks again when a read fails, and does not send again what it cannot know of", async () => {
    const server = await fileServer(token);
    let n = 0;
    server.fault = (method) => (method === "GET" && n++ < 2 ? 503 : undefined);
    expect(await storeAt(server.url).put(fileWith("x"), never)).toBe("stored");
    expect(server.requests.filter((one) => one.startsWith("PUT"))).toHaveLength(1);
  });

  it.each([
    [401, "(the token is not accepted for this)", "STORE_TOKEN"],
    [403, "(the token is not accepted for this)", "STORE_TOKEN"],
    [405, "answered 405", "PUT and GET"],
    [507, "answered 507", "run the same command again"],
  ])("says what a PUT that is answered with %i means", async (status, words, remedy) => {
    const server = await fileServer(token);
    server.fault = (method) => (method === "PUT" ? status : undefined);
    const failure = await storeAt(server.url)
      .put(fileWith("x"), never)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining(words),
      remedy: expect.stringContaining(remedy),
    });
    expect(String(failure)).not.toContain(token);
  });

  it("says who is not let in, before anything is sent", async () => {
    const server = await fileServer(token);
    const proofs = await storeAt(server.url, "another token").prove(never);
    expect(proofs).toMatchObject([{ state: "conflict", message: expect.stringContaining("answered 401") }]);
    expect(server.requests).toEqual(["HEAD /release-sentinel.probe"]);
  });

  it("that is down is named, without being waited for", async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const failure = await storeAt(url)
      .stat("a.json", never)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: `server ${url} was asked to give a.json: connection refused` });
  });

  it("that is down is patiently asked once a run, and again when it is up", async () => {
    const server = await fileServer(token);
    server.fault = (method) => (method === "GET" ? "drop-after" : undefined);
    const store = storeAt(server.url);
    for (const times of [3, 4, 5]) {
      await expect(store.stat("x", never)).rejects.toThrow(/was asked to give x/);
      expect(server.requests).toHaveLength(times);
    }
    server.fault = () => undefined;
    expect(await store.stat("x", never)).toBeNull();
  });

  it("leaves a file whole that broke off once", async () => {
    const server = await fileServer(token);
    const file = fileWith("y".repeat(5000));
    await storeAt(server.url).put(file, never);
    let n = 0;
    server.fault = (method) => (method === "GET" && n++ === 0 ? 500 : undefined);
    const got = await storeAt(server.url).get(file.name, `${tempFolder()}/file`, 5000, never);
    expect(got?.sha256).toBe(file.sha256);
  });
});
