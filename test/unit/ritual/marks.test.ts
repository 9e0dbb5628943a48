import { describe, expect, it } from "vitest";
import {
  lastMark,
  leaseMark,
  leaseMs,
  leaseState,
  type Mark,
  releasedMark,
} from "../../../src/ritual/marks.ts";

const noon = Date.parse("2026-11-21T12:00:00.000Z");
const alice = { by: "alice", run: "host-a/1", url: "https://ci.example/1" };
const bob = { by: "bob", run: "host-b/2" };

function state(marks: readonly Mark[], { run = "host-b/2", now = noon, dead = false } = {}) {
  return leaseState(marks, { run, now, isDead: () => dead });
}

describe("the lease of a ritual", () => {
  it("is free before anybody has it, after it was let go, and after its time", () => {
    expect(state([])).toEqual({ state: "free" });
    expect(state([leaseMark(alice, noon), releasedMark(alice, noon + 1)])).toEqual({ state: "free" });
    expect(state([leaseMark(alice, noon)], { now: noon + leaseMs })).toEqual({ state: "free" });
    expect(state([leaseMark(alice, noon)], { now: noon + leaseMs - 1 }).state).toBe("taken");
  });

  it("says who has it, since when, until when, and where to look", () => {
    const marks = [
      leaseMark(bob, noon - 600_000),
      leaseMark(alice, noon - 120_000),
      leaseMark(alice, noon - 60_000),
    ];
    expect(state(marks)).toEqual({
      state: "taken",
      by: "alice",
      run: "host-a/1",
      since: "2026-11-21T11:58:00.000Z",
      until: "2026-11-21T12:02:00.000Z",
      detail: "https://ci.example/1",
    });
  });

  it("is one's own, however old: whoever has it may renew it", () => {
    expect(state([leaseMark(bob, noon - 10 * leaseMs)])).toMatchObject({ state: "mine" });
  });

  it("is free at once when its process is known to have ended", () => {
    expect(state([leaseMark(alice, noon)], { dead: true })).toEqual({ state: "free" });
  });

  it("is not extended by what others wrote about something else", () => {
    const sent: Mark = { ...leaseMark(alice, noon + leaseMs), kind: "sent", key: "broadcast/slack" };
    expect(state([leaseMark(alice, noon), sent], { now: noon + leaseMs })).toEqual({ state: "free" });
  });

  it("does not hold longer than a lease can, nor at a time that a clock has made up", () => {
    const forever: Mark = { ...leaseMark(alice, noon), until: "2099-01-01T00:00:00.000Z" };
    expect(state([forever], { now: noon + 3 * leaseMs })).toEqual({ state: "free" });
    expect(state([leaseMark(alice, noon + 10 * 86_400_000)])).toEqual({ state: "free" });
    // A clock that is some minutes ahead is believed: two rituals at once would be worse.
    expect(state([leaseMark(alice, noon + 600_000)]).state).toBe("taken");
  });
});

describe("what was marked last about a sending", () => {
  const mark = (kind: Mark["kind"], key: string): Mark => ({ ...leaseMark(alice, noon), kind, key });

  it("is the last claim, success or failure of that key", () => {
    const marks = [
      mark("claim", "a"),
      mark("sent", "b"),
      mark("failed", "a"),
      mark("claim", "a"),
      mark("lease", "a"),
    ];
    expect(lastMark(marks, "a")?.kind).toBe("claim");
    expect(lastMark(marks, "b")?.kind).toBe("sent");
    expect(lastMark(marks, "c")).toBeNull();
  });
});
