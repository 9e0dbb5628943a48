import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { hostPort, parseAddress } from "../../../../src/checks/net/address.ts";
import { tcp } from "../../../../src/checks/net/tcp.ts";
import { closedPort } from "../../../support/server.ts";
import { ask } from "./asked.ts";

async function listening(host: string): Promise<number> {
  const server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe("the tcp check", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
  ])("passes when something listens on %s", async (host, shown) => {
    const address = `${shown}:${await listening(host)}`;
    const { judged, again } = await ask(tcp, { address });
    expect(judged).toMatchObject({ status: "ok", message: `TCP OK: ${address}` });
    expect(judged.metrics?.[0]).toMatchObject({ name: "time", unit: "s" });
    expect(again).toBeUndefined();
  });

  it("fails when nothing does, after another attempt", async () => {
    const port = await closedPort();
    const { judged, again } = await ask(tcp, { address: `127.0.0.1:${port}` });
    expect(judged).toEqual({
      status: "fail",
      message: `TCP CRITICAL: 127.0.0.1:${port} unreachable (connection refused)`,
      remedy: `nc -vz 127.0.0.1 ${port}`,
    });
    expect(again?.noAnswer).toBe(true);
  });

  it.each(["", "db", "db:", "db:0", "db:70000", "::1:5432", "tcp://db:5432", "a b:1", "[db]:1"])(
    "fails at once with the address %j",
    async (address) => {
      const { judged, again } = await ask(tcp, { address });
      expect(judged.message).toBe(`TCP CRITICAL: ${address} unreachable (malformed address)`);
      expect(again).toBeUndefined();
    },
  );

  it("takes an address that the environment completes", () => {
    const schema = tcp.schema(z);
    for (const address of ["db.internal:5432", "[::1]:5432", "${DB_HOST}:5432", "${DB}"]) {
      expect(schema.safeParse({ address }).success, address).toBe(true);
    }
    for (const address of ["", "db", "https://db:5432"])
      expect(schema.safeParse({ address }).success, address).toBe(false);
  });
});

describe("an address", () => {
  it.each([
    ["db:5432", { host: "db", port: 5432 }, "db:5432"],
    ["[fe80::1%eth0]:22", { host: "fe80::1%eth0", port: 22 }, "[fe80::1%eth0]:22"],
    ["api.example", { host: "api.example", port: 443 }, "api.example:443"],
    ["[::1]", { host: "::1", port: 443 }, "[::1]:443"],
  ])("%s is read", (text, address, shown) => {
    expect(parseAddress(text, 443)).toEqual(address);
    expect(hostPort(address)).toBe(shown);
  });
});
