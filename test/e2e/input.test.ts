import { describe, it } from "vitest";
import { input } from "./situations.ts";
import { check } from "./world.ts";

describe("input", () => {
  it.each(input)("$name", (situation) => check(situation));
});
