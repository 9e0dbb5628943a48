import { describe, it } from "vitest";
import { alerts } from "./situations.ts";
import { check } from "./world.ts";

describe("alerts", () => {
  it.each(alerts)("$name", (situation) => check(situation));
});
