import { describe, it } from "vitest";
import { input } from "./situations.ts";
import { check, possible } from "./world.ts";

describe("input", () => {
  it.for(input)("$name", (situation, { skip }) => {
    skip(!possible(situation), "only root can give a file to another user");
    return check(situation);
  });
});
