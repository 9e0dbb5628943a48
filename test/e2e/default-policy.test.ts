import { describe, it } from "vitest";
import { defaultPolicy } from "./situations.ts";
import { check } from "./world.ts";

describe("default-policy", () => {
  it.each(defaultPolicy)("$name", (situation) => check(situation));
});
