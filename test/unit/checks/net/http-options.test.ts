import { describe, expect, it } from "vitest";
import * as z from "zod";
import { httpSchema } from "../../../../src/checks/net/http-options.ts";

const schema = httpSchema(z);
const url = "https://api.example/health";

function complaints(options: object): string[] {
  const { error } = schema.safeParse({ url, ...options });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const literal = ["s3cr3t", "0123456789"].join("-");
const elsewhere = "secrets come from the environment: write ${NAME} here";

describe("the options of the http check", () => {
  it.each([
    [{}],
    [{ url: "${RS_API_URL}" }],
    [{ url: "https://ada:${PASSWORD}@api.example/" }],
    [{ url: "https://ada@api.example/" }],
    [{ url: "https://api.example/?page=2&token=${TOKEN}" }],
    [{ status: 204 }],
    [{ status: [200, 204] }],
    [{ status: "2xx" }],
    [{ headers: { Accept: "text/plain", Authorization: "Bearer ${TOKEN}", "X-Team": "payments" } }],
    [{ body: { contains: "x", json: [{ pointer: "/a~1b/0", equals: null, matches: "^x$", exists: true }] } }],
    [{ body: { json: [{ pointer: "", oneOf: [1, "a", { b: [true] }] }] } }],
    [{ version: { pointer: "/version", equals: "${version}" } }],
    [{ version: {} }],
  ])("may be %j", (options) => {
    expect(complaints(options)).toEqual([]);
  });

  it.each([
    [{ statu: 200 }, /^: Unrecognized key/],
    [{ status: 99 }, /^status: /],
    [{ status: "2x" }, /^status: /],
    [{ method: "POST" }, /^method: /],
    [{ maxRedirects: -1 }, /^maxRedirects: /],
    [{ body: { json: [{ pointer: "status" }] } }, /^body\.json\.0\.pointer: is not a JSON pointer/],
    [{ body: { json: [{ pointer: "/a~2" }] } }, /^body\.json\.0\.pointer: is not a JSON pointer/],
    [
      { body: { json: [{ pointer: "/a", matches: "(" }] } },
      /^body\.json\.0\.matches: is not a regular expression/,
    ],
    [{ version: { pointer: "/a", header: "b" } }, /^version: names both/],
    [{ headers: { "X Y": "z" } }, /^headers\.X Y: /],
  ])("may not be %j", (options, message) => {
    expect(complaints(options)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    "Authorization",
    "proxy-authorization",
    "Cookie",
    "X-Api-Key",
    "X-Auth-Token",
    "Private-Token",
    "apikey",
    "X-Secret",
  ])("hold no literal %s", (name) => {
    expect(complaints({ headers: { [name]: literal } })).toEqual([`headers.${name}: ${elsewhere}`]);
    expect(complaints({ headers: { [name]: `Bearer \${TOKEN}` } })).toEqual([]);
  });

  it.each(["//ada:PW@", "//PW@", "//ada:PW@${HOST}."])(
    "hold no literal password in the URL: %s",
    (userinfo) => {
      expect(complaints({ url: url.replace("//", userinfo.replace("PW", literal)) })).toEqual([
        `url: ${elsewhere}`,
      ]);
    },
  );

  it("hold no literal credential in the URL's query", () => {
    expect(complaints({ url: `${url}?a=b&access_token=${literal}` })).toEqual([`url: ${elsewhere}`]);
  });
});
