import { expect, it } from "vitest";
import { tamed, widthOf } from "../../../src/cli/terminal.ts";

it("takes no terminal to be 0 columns wide", () => {
  expect(widthOf({ columns: 40 })).toBe(40);
  expect(widthOf({ columns: 0 })).toBe(80);
  expect(widthOf({}, 120)).toBe(120);
});

it.each([
  ["::error::x", "\u200b::error::x"],
  ["a\n  ::set-output name=a::b", "a\n  \u200b::set-output name=a::b"],
  ["a\r::stop-commands::x", "a\r\u200b::stop-commands::x"],
  ["dirty: ##[stop-commands]x", "dirty: ##\u200b[stop-commands]x"],
  ["##vso[task.setvariable variable=a]b", "##\u200bvso[task.setvariable variable=a]b"],
  ["##teamcity[setParameter name='a']", "##\u200bteamcity[setParameter name='a']"],
])("leaves a runner nothing to obey in %j", (text, expected) => {
  expect(tamed(text)).toBe(expected);
});

it.each(["std::vector", "## [1.2.3]", "# heading", "a ## b", "C:: at the end"])(
  "leaves %j as it is",
  (text) => {
    expect(tamed(text)).toBe(text);
  },
);
