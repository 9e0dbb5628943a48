import { describe, it } from "vitest";
import { badDays } from "./situations.ts";
import { check, possible } from "./world.ts";

describe("bad-days", () => {
  it.for(badDays)("$name", (situation, { skip }) => {
    skip(!possible(situation), "only root can give a file to another user");
    return check(situation);
  });
});
