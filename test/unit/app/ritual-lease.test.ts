import { describe, expect, it, onTestFinished, vi } from "vitest";
import { takeLease } from "../../../src/app/ritual-lease.ts";
import { holderId } from "../../../src/clients/host/holder.ts";
import { publicHolderId } from "../../../src/clients/host/public-holder.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { StepFailure } from "../../../src/core/step.ts";
import { leaseMark, type Mark, type Marks } from "../../../src/ritual/marks.ts";

const signal = new AbortController().signal;
const elsewhere = "other-host/boot/ns/12/34 abc";

/** Marks as a remote has them, in memory. */
function shared(there: Mark[] = [], trouble: () => Error | undefined = () => undefined) {
  const marks: Marks = {
    where: "refs of origin",
    read: async () => there,
    async append(mark, allowed) {
      const error = trouble();
      if (error) throw error;
      if (!allowed(there)) return null;
      there.push(mark);
      return there;
    },
    prove: async () => [],
    close: () => {},
  };
  return { marks, there };
}

function world(marks: Marks, run = publicHolderId()) {
  const events: SentinelEvent[] = [];
  const emit = (event: SentinelEvent) => void events.push(event);
  return { marks, who: { by: "alice", run, url: "https://ci.example/7" }, tag: "v1.2.3", emit, events };
}

describe("the lease of a ritual", () => {
  it("is one run's, until it is let go", async () => {
    const { marks, there } = shared();
    const first = await takeLease(world(marks, elsewhere), signal);
    expect(first.held).toBe(true);
    const second = await takeLease(world(marks), signal);
    expect(second).toMatchObject({
      held: false,
      state: "conflict",
      message: expect.stringMatching(
        /^another ritual of v1\.2\.3 runs: alice \(https:\/\/ci\.example\/7\), since \S+, until \S+ at the least$/,
      ),
    });
    if (first.held) await first.release();
    const third = await takeLease(world(marks), signal);
    expect(third.held).toBe(true);
    if (third.held) await third.release();
    expect(there.map(({ kind }) => kind)).toEqual(["lease", "released", "lease", "released"]);
  });

  it("is taken over at once from a process of this host that is gone, and from anybody when it has run out", async () => {
    // Earlier versions wrote the host's name.
    for (const id of [publicHolderId(), holderId()]) {
      const dead = id.replace(/\/\d+\/\d+ /, "/999999999/1 ");
      expect(dead).not.toBe(id);
      const gone = shared([leaseMark({ by: "bob", run: dead }, Date.now())]);
      const taken = await takeLease(world(gone.marks), signal);
      expect(taken.held).toBe(true);
      if (taken.held) await taken.release();
    }
    const old = shared([leaseMark({ by: "bob", run: elsewhere }, Date.now() - 10 * 60_000)]);
    const after = await takeLease(world(old.marks), signal);
    expect(after.held).toBe(true);
    if (after.held) await after.release();
  });

  it("that could not be asked for is unknown, and one that may not be is a conflict", async () => {
    const down = shared([], () => new StepFailure("origin gives no answer", "git ls-remote origin"));
    expect(await takeLease(world(down.marks), signal)).toEqual({
      held: false,
      state: "unknown",
      message: "origin gives no answer",
      remedy: "git ls-remote origin",
    });
    const closed = shared([], () => new StepFailure("origin refuses", undefined, true));
    expect(await takeLease(world(closed.marks), signal)).toMatchObject({ held: false, state: "conflict" });
  });

  it("that cannot be let go ends by itself, and that is said", async () => {
    let error: Error | undefined;
    const { marks } = shared([], () => error);
    const mine = world(marks);
    const lease = await takeLease(mine, signal);
    error = new StepFailure("origin gives no answer");
    if (lease.held) await lease.release();
    expect(mine.events).toMatchObject([
      {
        level: "warning",
        message: expect.stringContaining("ends by itself within 3 min: origin gives no answer"),
      },
    ]);
  });

  it("is lost when it could not be renewed until it ended", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let isDown = false;
    const { marks } = shared([], () => (isDown ? new StepFailure("origin gives no answer") : undefined));
    const lease = await takeLease(world(marks), signal);
    if (!lease.held) return expect.unreachable();
    isDown = true;
    await vi.advanceTimersByTimeAsync(2 * 60_000 + 1);
    expect(lease.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(3 * 60_000);
    expect(lease.signal.reason).toMatchObject({
      message: expect.stringContaining("could not be renewed before it ended"),
    });
    await lease.release();
  });
});
