import { describe, it } from "vitest";
import { alerts } from "./situations.ts";
import { check, possible } from "./world.ts";

describe("alerts", () => {
  it.for(alerts)("$name", (situation, { skip }) => {
    skip(!possible(situation), "only root can give a file to another user");
    return check(situation);
  });
});
