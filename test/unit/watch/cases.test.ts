import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { before } from "../../../src/watch/step.ts";
import { type Case, lookBefore, play, policyOf } from "./play.ts";

const folder = join(import.meta.dirname, "../../fixtures/watch/cases");
const cases = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Case);

describe("a watch decides as a careful human would", () => {
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const { decision, minute } = play(one);
    const { action, minute: within, signal } = one.expect;
    expect({ action: decision.action, message: decision.message, minute }).toMatchObject({ action });
    expect(minute, decision.message).toBeGreaterThanOrEqual(within[0]);
    expect(minute, decision.message).toBeLessThanOrEqual(within[1]);
    if (signal !== undefined) expect(decision.message).toContain(signal);
  });

  it.each(cases.map((one) => [one.name, one] as const))("T−0 of %s", (_name, one) => {
    const found = before(policyOf(one), lookBefore(one)).filter(({ state }) => state === "breach");
    if (one.before === "breach") expect(found).not.toEqual([]);
    else expect(found).toEqual([]);
  });
});
