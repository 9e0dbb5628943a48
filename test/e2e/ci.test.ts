import { describe, it } from "vitest";
import { ci } from "./situations.ts";
import { check } from "./world.ts";

describe("ci", () => {
  it.each(ci)("$name", (situation) => check(situation));
});
