import { describe, it } from "vitest";
import { defaultPolicy } from "./situations.ts";
import { check, possible } from "./world.ts";

describe("default-policy", () => {
  it.for(defaultPolicy)("$name", (situation, { skip }) => {
    skip(!possible(situation), "only root can give a file to another user");
    return check(situation);
  });
});
