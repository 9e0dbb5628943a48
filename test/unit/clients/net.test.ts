import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNet } from "../../../src/clients/net.ts";
import { Aborted } from "../../../src/core/check.ts";
import {
  closedPort,
  closingAfterEach,
  failure,
  never,
  serveBytes,
  serveHttps,
  serveText,
  timeLimit,
  until,
} from "./http-servers.ts";
import { Authority, type Pair } from "./net-certificates.ts";

const { kept } = closingAfterEach();

const net = createNet();
/** A fatal TLS alert, as the server sends it. */
function alert(number: number): Buffer {
  return Buffer.from([0x15, 3, 3, 0, 2, 2, number]);
}

describe("tcp", () => {
  it("tells how long connecting took, and hangs up", async () => {
    const server = kept(await serveBytes(() => {}));
    expect(await net.tcp({ host: "127.0.0.1", port: server.port }, never())).toBeGreaterThan(0);
    await until(() => server.made() === 1 && server.open.size === 0);
  });

  it("finds a server on ::1 under both of its names", async () => {
    const server = kept(await serveBytes(() => {}, "::1"));
    expect(await net.tcp({ host: "localhost", port: server.port }, never())).toBeGreaterThan(0);
    expect(await net.tcp({ host: "::1", port: server.port }, never())).toBeGreaterThan(0);
  });

  it("fails where nobody listens", async () => {
    const error = await failure(net.tcp({ host: "127.0.0.1", port: await closedPort() }, never()));
    expect(error).toMatchObject({
      name: "NetworkFailure",
      code: "ECONNREFUSED",
      message: "connection refused",
    });
  });

  it("fails with a port that there is not", async () => {
    expect(await failure(net.tcp({ host: "127.0.0.1", port: 70_000 }, never()))).toMatchObject({
      message: "no such port",
    });
  });

  it("fails with the caller's reason when it is not wanted", async () => {
    const reason = new Aborted("interrupt", "interrupted");
    expect(await failure(net.tcp({ host: "127.0.0.1", port: 1 }, AbortSignal.abort(reason)))).toBe(reason);
  });
});

describe("tls", () => {
  let authority: Authority;
  let good: Pair;
  let expired: Pair;
  beforeAll(() => {
    authority = new Authority();
    good = authority.issue({
      names: ["DNS:localhost", "IP:127.0.0.1", "DNS:*.api.example"],
      to: "20991231235959Z",
    });
    expired = authority.issue({ names: ["DNS:localhost"], from: "20240101000000Z", to: "20240201000000Z" });
  });
  afterAll(() => authority.remove());

  const look = async (
    pair: Pair,
    options: { host?: string; servername?: string; ca?: string; caFile?: string } = {},
  ) => {
    const server = kept(await serveHttps(pair, (_request, response) => response.end()));
    const facts = await net.tls({ host: "localhost", port: server.port, ...options }, never());
    await until(() => server.open.size === 0);
    return facts;
  };

  it("shows a certificate that is trusted and fits", async () => {
    const facts = await look(good, { ca: authority.pem });
    expect(facts).toMatchObject({
      subject: "leaf.example",
      issuer: "Test Authority",
      names: ["localhost", "127.0.0.1", "*.api.example"],
      validTo: "2099-12-31T23:59:59.000Z",
      protocol: "TLSv1.3",
      chainError: null,
    });
    expect(Date.parse(facts.validFrom)).toBeLessThanOrEqual(Date.now());
  });

  it("knows an address by its certificate too", async () => {
    expect((await look(good, { host: "127.0.0.1", caFile: authority.file })).chainError).toBeNull();
  });

  it.each([
    ["is not trusted", () => look(good), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["has expired", () => look(expired, { ca: authority.pem }), "CERT_HAS_EXPIRED"],
    ["signed itself", () => look(authority.selfSigned()), "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [
      "is for other names",
      () => look(good, { servername: "api.example", ca: authority.pem }),
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
  ])("shows a certificate that %s", async (_what, facts, chainError) => {
    expect((await facts()).chainError).toBe(chainError);
  });

  it("asks for the server by name", async () => {
    const names: (string | undefined)[] = [];
    const server = tls.createServer({
      ...good,
      SNICallback: (name, answer) => {
        names.push(name);
        answer(null);
      },
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    kept(server);
    const { port } = server.address() as { port: number };
    await net.tls({ host: "localhost", port }, never());
    await net.tls({ host: "127.0.0.1", port, servername: "a.api.example" }, never());
    expect(names).toEqual(["localhost", "a.api.example"]);
  });

  it("fails where TLS is not spoken", async () => {
    const server = kept(await serveText("220 mail.example ESMTP\r\n"));
    const error = await failure(net.tls({ host: "127.0.0.1", port: server.port }, never()));
    expect(error).toMatchObject({ name: "NetworkFailure", message: "answered something that is not TLS" });
    await until(() => server.open.size === 0);
  });

  it("fails with the server's reason when there is no protocol in common", async () => {
    const server = kept(await serveBytes((socket) => socket.once("data", () => socket.write(alert(70)))));
    const error = await failure(net.tls({ host: "127.0.0.1", port: server.port }, never()));
    expect(error.message).toBe("TLS handshake failed (tlsv1 alert protocol version)");
  });

  it("fails where nobody listens, and where a file is missing", async () => {
    const port = await closedPort();
    expect(await failure(net.tls({ host: "127.0.0.1", port }, never()))).toMatchObject({
      code: "ECONNREFUSED",
    });
    const missing = net.tls({ host: "127.0.0.1", port, caFile: "/nowhere/ca.pem" }, never());
    expect(await failure(missing)).toMatchObject({ code: "BAD_CA" });
  });

  it("lets go in the middle of a handshake at the time limit", async () => {
    const server = kept(await serveBytes(() => {}));
    const { signal, expire } = timeLimit();
    const asked = failure(net.tls({ host: "127.0.0.1", port: server.port }, signal));
    await until(() => server.open.size === 1);
    expire();
    expect(await asked).toMatchObject({ code: "TIMEOUT", message: "no answer within 3 s" });
    await until(() => server.open.size === 0);
  });
});
