import { describe, it } from "vitest";
import { badDays } from "./situations.ts";
import { check } from "./world.ts";

describe("bad-days", () => {
  it.each(badDays)("$name", (situation) => check(situation));
});
