import { expect, it } from "vitest";
import { widthOf } from "../../../src/cli/terminal.ts";

it("takes no terminal to be 0 columns wide", () => {
  expect(widthOf({ columns: 40 })).toBe(40);
  expect(widthOf({ columns: 0 })).toBe(80);
  expect(widthOf({}, 120)).toBe(120);
});
