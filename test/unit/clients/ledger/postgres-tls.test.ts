import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPostgresStore } from "../../../../src/clients/ledger/postgres-store.ts";
import { event, linesOf, never, writer } from "../../../support/ledger.ts";
import { withPostgres } from "../../../support/postgres.ts";
import { Authority } from "../net-certificates.ts";

withPostgres("PostgreSQL over TLS", (server) => {
  let authority: Authority;
  let other: Authority;
  beforeAll(async () => {
    authority = new Authority();
    other = new Authority();
    const { key, cert } = authority.issue({ names: ["DNS:localhost"] });
    const files = [
      `ssl_cert_file=${server.file("tls.crt", cert)}`,
      `ssl_key_file=${server.file("tls.key", key)}`,
    ];
    await server.crash();
    await server.start([
      "ssl=on",
      ...files,
      `hba_file=${server.file("hba", "hostssl all all all scram-sha-256\n")}`,
    ]);
  });
  afterAll(() => {
    authority.remove();
    other.remove();
  });

  const storeAt = (parameters: string, host: string) => {
    const url = server.url(parameters).replace("127.0.0.1", host);
    return createPostgresStore({ url, env: {}, project: async () => "example.com/a", addSecret: () => {} });
  };

  describe.each<[mode: string, name: boolean, address: boolean, strange: boolean]>([
    ["", true, true, true],
    ["sslmode=prefer", true, true, true],
    ["sslmode=require", true, true, true],
    ["sslmode=require&sslrootcert=CA", true, true, false],
    ["sslmode=verify-ca&sslrootcert=CA", true, true, false],
    ["sslmode=verify-full&sslrootcert=CA", true, false, false],
    ["sslmode=verify-full", false, false, false],
    ["sslmode=disable", false, false, false],
  ])("as the URL says: %s", (mode, name, address, strange) => {
    it.each([
      ["its name is in the certificate", name, "localhost", () => authority],
      ["its name is not", address, "127.0.0.1", () => authority],
      ["the certificate is another authority's", strange, "localhost", () => other],
    ])("%s: reached: %s", async (_, reached, host, trusted) => {
      const store = storeAt(`?${mode.replace("CA", trusted().file)}`, host);
      if (reached) await store.probe(never);
      else await expect(store.probe(never)).rejects.toMatchObject({ code: "ledger-unwritable" });
    });
  });

  it("says what is missing when nobody vouches for the server, or it wants TLS", async () => {
    await expect(storeAt("?sslmode=verify-full", "localhost").head(never)).rejects.toMatchObject({
      remedy: expect.stringContaining("sslrootcert="),
    });
    await expect(storeAt("?sslmode=disable", "localhost").head(never)).rejects.toMatchObject({
      message: expect.stringMatching(/no encryption/),
      remedy: expect.stringContaining("sslmode"),
    });
  });

  it("keeps entries as without", async () => {
    const store = storeAt(
      `?sslmode=verify-full&sslrootcert=${authority.file}&channel_binding=require`,
      "localhost",
    );
    await writer(store).record(event(), never);
    expect(await linesOf(store)).toHaveLength(1);
  });
});
