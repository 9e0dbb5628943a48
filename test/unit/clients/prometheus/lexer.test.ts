import { describe, expect, it } from "vitest";
import {
  parseSelector,
  selectorsIn,
  showSelector,
  withoutComments,
} from "../../../../src/clients/prometheus/lexer.ts";

describe("selectors in PromQL", () => {
  it.each([
    ["http_requests_total", "http_requests_total"],
    [" job:requests:rate5m ", "job:requests:rate5m"],
    ['x{a="b"}', 'x{a="b"}'],
    [`x { a = "b" , c=~'d|e',} `, `x{a="b",c=~'d|e'}`],
    ['x{a="}\\"{"}', 'x{a="}\\"{"}'],
    ['x{"a.b"="c"}', 'x{"a.b"="c"}'],
    ["x{}", "x"],
  ])("reads %s", (text, shown) => {
    const selector = parseSelector(text);
    expect(selector && showSelector(selector)).toBe(shown);
  });

  it.each(["sum(x)", "x[5m]", "x / y", 'x{a="b"} offset 1m', 'x{a="b"', "x{a=b}", "1", "", "rate(x[5m])"])(
    "does not take %s for one",
    (text) => {
      expect(parseSelector(text)).toBeUndefined();
    },
  );

  it("finds them in expressions, and not in strings", () => {
    const query = `sum by (code) (rate(a{x="b{c=\\"d\\"}"}[5m])) / on() group_left sum(increase(e[1m])) > 0 or a{x="b{c=\\"d\\"}"}`;
    expect(selectorsIn(query).map(showSelector)).toEqual([`a{x="b{c=\\"d\\"}"}`, "e"]);
  });

  it("takes away comments to the end of their line", () => {
    expect(withoutComments("a # b\n+ 'c # d' # e")).toBe("a \n+ 'c # d' ");
  });
});
