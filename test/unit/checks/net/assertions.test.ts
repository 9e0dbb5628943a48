import { describe, expect, it } from "vitest";
import { bodyProblems, type JsonAssertion, valueAt } from "../../../../src/checks/net/assertions.ts";

describe("a JSON pointer", () => {
  // The document and the pointers of RFC 6901, section 5.
  const document = {
    foo: ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
  };
  it.each([
    ["", document],
    ["/foo", ["bar", "baz"]],
    ["/foo/0", "bar"],
    ["/", 0],
    ["/a~1b", 1],
    ["/c%d", 2],
    ["/e^f", 3],
    ["/g|h", 4],
    ["/i\\j", 5],
    ['/k"l', 6],
    ["/ ", 7],
    ["/m~0n", 8],
  ])("%j finds its value", (pointer, value) => {
    expect(valueAt(document, pointer)).toEqual(value);
  });

  it.each([
    "/foo/2",
    "/foo/-",
    "/foo/00",
    "/foo/length",
    "/foo/0/x",
    "/nothing",
    "/constructor",
    "/__proto__",
    "/a~1b/c",
  ])("%j finds nothing", (pointer) => {
    expect(valueAt(document, pointer)).toBeUndefined();
  });
});

describe("assertions about a JSON body", () => {
  const body = JSON.stringify({ status: "degraded", n: 3, deep: { list: [1, 2] }, nothing: null });
  const rows: [JsonAssertion, string | undefined][] = [
    [{ pointer: "/status" }, undefined],
    [{ pointer: "/status", equals: "degraded" }, undefined],
    [{ pointer: "/status", equals: "ok" }, '/status is "degraded", expected "ok"'],
    [{ pointer: "/n", equals: "3" }, '/n is 3, expected "3"'],
    [{ pointer: "/deep", equals: { list: [1, 2] } }, undefined],
    [{ pointer: "/deep/list", equals: [2, 1] }, "/deep/list is [1,2], expected [2,1]"],
    [{ pointer: "/nothing", equals: null }, undefined],
    [{ pointer: "/gone", equals: null }, "/gone is missing, expected null"],
    [{ pointer: "/status", oneOf: ["ok", "degraded"] }, undefined],
    [{ pointer: "/status", oneOf: ["ok", 1] }, '/status is "degraded", expected one of "ok", 1'],
    [{ pointer: "/gone", oneOf: ["ok"] }, '/gone is missing, expected one of "ok"'],
    [{ pointer: "/status", matches: "^deg" }, undefined],
    [{ pointer: "/n", matches: "^3$" }, undefined],
    [{ pointer: "/status", matches: "^ok$" }, '/status is "degraded", expected to match ^ok$'],
    [{ pointer: "/gone", matches: "." }, "/gone is missing, expected to match ."],
    [{ pointer: "/gone" }, "/gone is missing"],
    [{ pointer: "/gone", exists: false }, undefined],
    [{ pointer: "/nothing", exists: true }, undefined],
    [{ pointer: "/status", exists: false }, "/status is there, expected to be missing"],
  ];
  it.each(rows)("%j → %s", (assertion, problem) => {
    expect(bodyProblems(body, false, { json: [assertion] })).toEqual(problem === undefined ? [] : [problem]);
  });

  it("cut what is very long, and show nothing that a terminal would obey", () => {
    const long = JSON.stringify({ a: `\u001b[31m${"x".repeat(9000)}\u202e` });
    const [problem = ""] = bodyProblems(long, false, { json: [{ pointer: "/a", equals: 1 }] });
    expect(problem).toMatch(/^\/a is "\\u001b\[31mx+… \(\d+ characters\), expected 1$/);
    expect(problem.length).toBeLessThan(4100);
    expect(bodyProblems('{"a":"\u202e"}', false, { json: [{ pointer: "/a", equals: 1 }] })[0]).toBe(
      '/a is "\\u202e", expected 1',
    );
  });

  it("read a body with a byte order mark", () => {
    expect(bodyProblems('\ufeff{"a":1}', false, { json: [{ pointer: "/a", equals: 1 }] })).toEqual([]);
  });
});

describe("assertions about a text", () => {
  it("say when only a part of it was read", () => {
    expect(bodyProblems("abc", true, { contains: "d" })).toEqual([
      'the body does not contain "d" where it was read',
    ]);
    expect(bodyProblems("abc", true, { contains: "b" })).toEqual([]);
  });
});
