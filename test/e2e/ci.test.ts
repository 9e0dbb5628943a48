import { describe, it } from "vitest";
import { ci } from "./situations.ts";
import { check, possible } from "./world.ts";

describe("ci", () => {
  it.for(ci)("$name", (situation, { skip }) => {
    skip(!possible(situation), "only root can give a file to another user");
    return check(situation);
  });
});
