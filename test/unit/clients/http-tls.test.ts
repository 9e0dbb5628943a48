import { writeFileSync } from "node:fs";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  closedPort,
  closingAfterEach,
  failure,
  never,
  type Running,
  serveBytes,
  serveHttp,
  serveHttps,
  serveText,
  timeLimit,
  until,
} from "./http-servers.ts";
import { Authority, type Pair } from "./net-certificates.ts";

const { kept, asking } = closingAfterEach();

let authority: Authority;
let good: Pair;
let expired: Pair;
let early: Pair;
let otherNames: Pair;
let selfSigned: Pair;
beforeAll(() => {
  authority = new Authority();
  const names = ["DNS:localhost", "IP:127.0.0.1"];
  good = authority.issue({ names });
  expired = authority.issue({ names, from: "20240101000000Z", to: "20240201000000Z" });
  early = authority.issue({ names, from: "20900101000000Z", to: "20910101000000Z" });
  otherNames = authority.issue({ names: ["DNS:other.example"] });
  selfSigned = authority.selfSigned();
});
afterAll(() => authority.remove());

async function serving(
  pair: Pair,
  handler: http.RequestListener = (_request, response) => response.end("hello"),
) {
  return kept(await serveHttps(pair, handler));
}

/** A proxy that tunnels; keeps the names it was asked for. */
async function tunnelling(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = http.createServer();
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const far = net.connect(Number(request.url?.split(":").pop()), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      far.pipe(socket);
      socket.pipe(far);
    });
    far.on("error", () => socket.destroy());
    socket.on("error", () => far.destroy());
    socket.on("close", () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  kept({ close: () => server.close() });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe("an https URL", () => {
  it("is answered when its certificate is trusted by ca or caFile", async () => {
    const server = await serving(good);
    const client = asking();
    for (const trust of [{ ca: authority.pem }, { caFile: authority.file }]) {
      const answer = await client.request({ url: server.url, ...trust, maxBodyBytes: 10, signal: never() });
      expect(answer.body).toBe("hello");
    }
    expect(server.made()).toBe(1);
  });

  it.each([
    ["unknown issuer", () => good, false, "unknown issuer"],
    ["its end in the past", () => expired, true, "certificate has expired"],
    ["its beginning in the future", () => early, true, "certificate is not valid yet"],
    ["other names", () => otherNames, true, "certificate is for other names"],
    ["its own signature", () => selfSigned, true, "self-signed certificate"],
  ])("with a certificate of %s is not", async (_what, pair, trusted, message) => {
    const server = await serving(pair());
    const trust = trusted ? { ca: authority.pem } : {};
    const error = await failure(asking().request({ url: server.url, ...trust, signal: never() }));
    expect(error).toMatchObject({ name: "NetworkFailure", message });
    await until(() => server.open.size === 0);
  });

  it("of a server that speaks no TLS says so", async () => {
    const server = kept(await serveHttp((_request, response) => response.end()));
    const error = await failure(
      asking().request({ url: server.url.replace("http:", "https:"), signal: never() }),
    );
    expect(error.message).toBe("answered something that is not TLS");
  });

  it("asked as http says that the answer is none", async () => {
    const server = await serving(good);
    const error = await failure(
      asking().request({ url: server.url.replace("https:", "http:"), signal: never() }),
    );
    expect(error.message).toMatch(
      /^(connection closed without an answer|answered something that is not HTTP)$/,
    );
  });

  it("is let go in the middle of a handshake at the time limit", async () => {
    const server = kept(await serveBytes(() => {}));
    const { signal, expire } = timeLimit();
    const asked = failure(asking().request({ url: server.url.replace("http:", "https:"), signal }));
    await until(() => server.open.size === 1);
    expire();
    expect(await asked).toMatchObject({ code: "TIMEOUT" });
    await until(() => server.open.size === 0);
  });

  it("whose server closes during the handshake says so", async () => {
    const server = kept(await serveBytes((socket) => socket.once("data", () => socket.end())));
    const error = await failure(
      asking().request({ url: server.url.replace("http:", "https:"), signal: never() }),
    );
    expect(error.message).toBe("connection closed during the TLS handshake");
  });

  it("that redirects to http keeps its credentials to itself", async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    const plain = kept(
      await serveHttp(({ headers }, response) => {
        seen.push(headers);
        response.end();
      }),
    );
    const server = await serving(good, (_request, response) =>
      response.writeHead(302, { location: plain.url }).end(),
    );
    const headers = { Authorization: "Basic abc", "X-Key": "k" };
    const request = { url: server.url, headers, ca: authority.pem, maxRedirects: 1, signal: never() };
    expect((await asking().request(request)).status).toBe(200);
    expect(Object.keys(seen[0] ?? {})).not.toContain("authorization");
    expect(Object.keys(seen[0] ?? {})).not.toContain("x-key");
  });
});

describe("certificates to trust", () => {
  it.each([
    ["is not there", undefined, /^caFile .* cannot be read \(ENOENT\)$/],
    ["holds none", "nothing\n", /^caFile .* holds no PEM certificate$/],
    [
      "holds a broken one",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /cannot be read$/,
    ],
  ])("from a file that %s are an error", async (what, content, message) => {
    const caFile = join(dirname(authority.file), `${what.replaceAll(" ", "-")}.pem`);
    if (content !== undefined) writeFileSync(caFile, content);
    const error = await failure(asking().request({ url: "https://127.0.0.1:1/", caFile, signal: never() }));
    expect(error).toMatchObject({ code: "BAD_CA" });
    expect(error.message).toMatch(message);
  });
});

describe("a tunnel through a proxy", () => {
  it("carries a request, and the next one", async () => {
    const server = await serving(good);
    const proxy = await tunnelling();
    const client = asking({ HTTPS_PROXY: proxy.url });
    for (const _ of [1, 2]) {
      const url = `https://localhost:${server.port}/`;
      const answer = await client.request({ url, ca: authority.pem, maxBodyBytes: 10, signal: never() });
      expect(answer.body).toBe("hello");
    }
    expect(proxy.asked).toEqual([`localhost:${server.port}`]);
    client.close();
    await until(() => server.open.size === 0);
  });

  it("does not hide an untrusted certificate", async () => {
    const server = await serving(selfSigned);
    const proxy = await tunnelling();
    const url = `https://localhost:${server.port}/`;
    const error = await failure(asking({ https_proxy: proxy.url }).request({ url, signal: never() }));
    expect(error.message).toBe("self-signed certificate");
    await until(() => server.open.size === 0);
  });

  it("is let go when nothing comes through it", async () => {
    const proxy: Running = kept(await serveText("HTTP/1.1 200 OK\r\n\r\n"));
    const { signal, expire } = timeLimit();
    const asked = failure(
      asking({ HTTPS_PROXY: proxy.url }).request({ url: "https://api.example/", signal }),
    );
    await until(() => proxy.open.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expire();
    expect(await asked).toMatchObject({ code: "TIMEOUT" });
    await until(() => proxy.open.size === 0);
  });

  it("to a closed port is refused by the proxy", async () => {
    const proxy = await tunnelling();
    const url = `https://localhost:${await closedPort()}/`;
    const error = await failure(asking({ HTTPS_PROXY: proxy.url }).request({ url, signal: never() }));
    expect(error.code).toBe("ERR_PROXY_TUNNEL");
  });
});
