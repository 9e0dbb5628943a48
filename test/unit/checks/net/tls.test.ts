import { createServer } from "node:https";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { tls } from "../../../../src/checks/net/tls.ts";
import { closedPort } from "../../../support/server.ts";
import { Authority, type Pair } from "../../clients/net-certificates.ts";
import { ask, judge, target } from "./asked.ts";

const facts = {
  subject: "api.example",
  issuer: "Test Authority",
  names: ["api.example", "www.api.example"],
  validFrom: "2026-01-01T00:00:00.000Z",
  validTo: "2027-01-24T12:00:00.000Z",
  protocol: "TLSv1.3",
  chainError: null,
};
const options = { ...tls.defaults, address: "api.example" };

function judged(
  changes: Partial<Omit<typeof facts, "chainError"> & { chainError: string | null }>,
  more: Partial<typeof options> = {},
) {
  const { status, message } = judge(
    tls,
    { facts: { ...facts, ...changes }, failure: null },
    { ...options, ...more },
  );
  return [status, message];
}

describe("a certificate, on 2026-11-21 at 10:00 UTC,", () => {
  it.each([
    ["2027-01-24T12:00:00Z", "ok", "TLS OK: api.example certificate valid for 64 more days"],
    ["2026-12-13T10:00:01Z", "ok", "TLS OK: api.example certificate valid for 22 more days"],
    ["2026-12-12T10:00:00Z", "warn", "TLS WARNING: api.example certificate expires in 21 days"],
    ["2026-12-03T20:00:00Z", "warn", "TLS WARNING: api.example certificate expires in 12 days"],
    ["2026-11-28T10:00:00Z", "fail", "TLS CRITICAL: api.example certificate expires in 7 days"],
    ["2026-11-22T11:00:00Z", "fail", "TLS CRITICAL: api.example certificate expires in 1 day"],
    ["2026-11-21T11:00:00Z", "fail", "TLS CRITICAL: api.example certificate expires in less than a day"],
    ["2026-11-21T09:00:00Z", "fail", "TLS CRITICAL: api.example certificate expired less than a day ago"],
    ["2026-11-18T09:00:00Z", "fail", "TLS CRITICAL: api.example certificate expired 3 days ago"],
  ])("that ends at %s is %s", (validTo, status, message) => {
    expect(judged({ validTo })).toEqual([status, message]);
  });

  it("may be given other limits", () => {
    expect(judged({}, { warnDays: 90 })[0]).toBe("warn");
    expect(judged({}, { criticalDays: 70 })[0]).toBe("fail");
    expect(judged({ validTo: "2026-11-21T11:00:00Z" }, { warnDays: 0, criticalDays: 0 })).toEqual([
      "ok",
      "TLS OK: api.example certificate valid for less than a day",
    ]);
  });

  it.each([
    [{ chainError: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "is not trusted (self-signed certificate)"],
    [{ chainError: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" }, "is not trusted (unknown issuer)"],
    [{ chainError: "SOMETHING_NEW" }, "is not trusted (something new)"],
    [{ chainError: "CERT_HAS_EXPIRED" }, "is not trusted (certificate has expired)"],
    [{ chainError: "CERT_HAS_EXPIRED", validTo: "2026-11-18T10:00:00Z" }, "expired 3 days ago"],
    [{ chainError: "ERR_TLS_CERT_ALTNAME_INVALID" }, "is for other names: api.example, www.api.example"],
    [{ chainError: "ERR_TLS_CERT_ALTNAME_INVALID", names: [] }, "is for other names: api.example"],
    [
      { chainError: "ERR_TLS_CERT_ALTNAME_INVALID", names: [..."abcdef"] },
      "is for other names: a, b, c, d, e …",
    ],
    [
      { validFrom: "2026-12-01T00:00:00Z", chainError: "CERT_NOT_YET_VALID" },
      "is not valid before 2026-12-01",
    ],
  ])("with %j %s", (changes, what) => {
    expect(judged(changes)).toEqual(["fail", `TLS CRITICAL: api.example certificate ${what}`]);
  });

  it("is judged as of the moment that is asked about", () => {
    const later = { ...target, at: "2027-01-20T00:00:00Z" };
    expect(judge(tls, { facts, failure: null }, options, later).message).toBe(
      "TLS CRITICAL: api.example certificate expires in 4 days",
    );
  });
});

describe("the tls check", () => {
  let authority: Authority;
  let good: Pair;
  beforeAll(() => {
    authority = new Authority();
    good = authority.issue({ names: ["DNS:localhost"], from: "20200101000000Z", to: "20991231235959Z" });
  });
  afterAll(() => authority.remove());

  async function serving(pair: Pair): Promise<number> {
    const server = createServer(pair);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return (server.address() as { port: number }).port;
  }

  it("passes with a certificate that a named file makes trusted", async () => {
    const address = `localhost:${await serving(good)}`;
    const { judged, seen } = await ask(
      tls,
      { address, caFile: authority.file },
      { target: { at: "2099-10-28T12:00:00Z" } },
    );
    expect(judged).toMatchObject({
      status: "ok",
      message: `TLS OK: ${address} certificate valid for 64 more days`,
      metrics: [{ name: "validity", value: 64, unit: "" }],
    });
    expect(seen.facts).toMatchObject({ issuer: "Test Authority", chainError: null });
  });

  it("fails with one that is not, and says how to look", async () => {
    const address = `localhost:${await serving(authority.selfSigned())}`;
    const { judged, again } = await ask(
      tls,
      { address, servername: "localhost" },
      { target: { at: new Date().toISOString() } },
    );
    expect(judged).toMatchObject({
      status: "fail",
      message: `TLS CRITICAL: ${address} certificate is not trusted (self-signed certificate)`,
      remedy: `openssl s_client -connect ${address} -servername localhost </dev/null`,
    });
    expect(again).toBeUndefined();
  });

  it("fails with one for other names", async () => {
    const port = await serving(good);
    const { judged } = await ask(tls, {
      address: `localhost:${port}`,
      servername: "api.example",
      caFile: authority.file,
    });
    expect(judged.message).toBe(`TLS CRITICAL: localhost:${port} certificate is for other names: localhost`);
  });

  it("fails where nobody listens, after another attempt; with a malformed address at once", async () => {
    const address = `127.0.0.1:${await closedPort()}`;
    const closed = await ask(tls, { address });
    expect(closed.judged.message).toBe(`TLS CRITICAL: ${address} unreachable (connection refused)`);
    expect(closed.again?.noAnswer).toBe(true);
    const malformed = await ask(tls, { address: "https://api.example" });
    expect(malformed.judged.message).toBe(
      "TLS CRITICAL: https://api.example unreachable (malformed address)",
    );
    expect(malformed.again).toBeUndefined();
  });

  it("takes port 443 where none is named", () => {
    expect(tls.host?.({ ...options, address: "api.example" })).toBe("api.example:443");
  });
});
