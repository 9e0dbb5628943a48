import { describe, expect, it } from "vitest";
import { createSecretScanner } from "../../../../src/clients/secret-scanner.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import type { Capture } from "../../../../src/ritual/dashboard/capture.ts";
import { cleaned } from "../../../../src/ritual/dashboard/clean.ts";

const scanner = createSecretScanner();
const secret = ["Zq8", "Lk2", "mN5", "pR7"].join("");

async function clean(dashboard: object, more: Partial<Capture> = {}) {
  const capture = { uid: "shop", title: "Shop", url: "", warnings: [], dashboard, panels: [], ...more };
  const secrets = new Secrets();
  const made = await cleaned(capture as unknown as Capture, { secrets, scanner });
  return { made, secrets, text: JSON.stringify(made) };
}

describe("what leaves of a dashboard", () => {
  const hash = ["$2b$", "10$abcdefghijklmnop"].join("");
  it.each([
    ["a constant's query", { list: [{ name: "api_token", type: "constant", query: secret }] }],
    [
      "what a text box holds now",
      { list: [{ name: "apiKey", type: "textbox", current: { value: secret } }] },
    ],
    ["a variable's choices", { list: [{ name: "x", label: "The token", options: [{ text: secret }] }] }],
    ["a parameter of a link", { links: [{ url: `https://shop.example/x?a=1&apikey=${secret}#top` }] }],
    ["a parameter in words", { description: `see https://shop.example/x?token=${secret}, daily` }],
    ["a header of a data source", { jsonData: { httpHeaderValue1: secret } }],
    ["what is under a secret's name, however deep", { passwords: [{ first: secret }] }],
    ["a pair of a header and its value", { headers: [["X-Api-Key", secret]] }],
    [
      "a header in words",
      { description: `curl -H 'Authorization: bearer ${secret.replace(/\d/g, "")}${secret}'` },
    ],
    ["an address with a password", { url: `https://user:${secret}@shop.example` }],
  ])("is not %s", async (_what, dashboard) => {
    const { made, text } = await clean(dashboard);
    expect(text).not.toContain(secret);
    expect(made.warnings).toHaveLength(1);
    expect(made.warnings[0]).toMatch(/^1 secret in the dashboard or its data: masked/);
  });

  it("is no number that is a password, and no hash of one", async () => {
    const { made } = await clean({ basicAuthPassword: 179_529_346_112, password: hash, refresh: 5 });
    expect(made.dashboard).toEqual({ basicAuthPassword: "***", password: "***", refresh: 5 });
  });

  it("has its variables, which are no secrets themselves", async () => {
    const dashboard = {
      list: [{ name: "region", type: "custom", query: "eu-west-1,us-east-1", sort: 1 }],
      headers: [
        ["Authorization", "$token"],
        ["X-Token", "${token:raw}"],
        ["X-Secret", "[[token]]"],
      ],
      description: "basic authentication, ask with ?token=$token",
    };
    const { made } = await clean(dashboard);
    expect(made.dashboard).toEqual(dashboard);
    expect(made.warnings).toEqual([]);
  });

  it("may be any number of lines of a log with a secret each", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `GET /x?token=${secret}${i}&a=1`);
    const panel = { model: {}, frames: [{ data: { values: [lines] } }] };
    const { text } = await clean({}, { panels: [panel] as unknown as Capture["panels"] });
    expect(text).not.toContain(secret);
    expect(text).toContain("GET /x?token=***&a=1");
  });

  it("is without what was found in it, wherever that stands, and other texts stay as they are", async () => {
    const panel = {
      title: `Asked with ${secret}`,
      model: {},
      frames: [{ schema: { name: `by ${secret}` } }],
    };
    const dashboard = { list: [{ name: "token", type: "constant", query: secret, sort: 1, hide: 2 }] };
    const { made, text, secrets } = await clean(dashboard, {
      panels: [panel] as unknown as Capture["panels"],
    });
    expect(text).not.toContain(secret);
    expect(made.dashboard).toEqual({
      list: [{ name: "token", type: "constant", query: "***", sort: 1, hide: 2 }],
    });
    // It may be a word that is written elsewhere.
    expect(secrets.values).toEqual([]);
  });

  it.each(["\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029"])(
    "is the text that holds a secret, whatever ends the lines of those before it: %j",
    async (end) => {
      const token = ["ghp", "R4nd0mL00kingT0kenThatN0b0dyMade1234".slice(0, 36)].join("_");
      const before = `downloading 50%${end}downloading 100%`;
      const values = [before, `log in with ${token} now`, `${end}twice: ${token}`, "a line that stays"];
      const panel = { model: {}, frames: [{ data: { values: [values] } }] };
      const { made } = await clean({}, { panels: [panel] as unknown as Capture["panels"] });
      const [seen] = made.panels as unknown as (typeof panel)[];
      expect(seen?.frames[0]?.data.values).toEqual([[before, "***", "***", "a line that stays"]]);
    },
  );

  it("is looked through to its end, however large it is", async () => {
    const token = ["ghp", "R4nd0mL00kingT0kenThatN0b0dyMade1234".slice(0, 36)].join("_");
    const words = Array.from({ length: 60 }, (_, i) => `${i} ${"lorem ipsum dolor ".repeat(5000)}`);
    const { made, text } = await clean({ panels: [...words, `the last has ${token}`] });
    expect(text.length).toBeGreaterThan(5_000_000);
    expect(text).not.toContain(token);
    expect(made.warnings).toHaveLength(1);
  });
});
