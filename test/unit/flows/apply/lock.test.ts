import { afterEach, expect, it, vi } from "vitest";
import type { Lock } from "../../../../src/deploy/driver.ts";
import { holdLock } from "../../../../src/flows/apply/lock.ts";

afterEach(() => void vi.useRealTimers());

it.each([10_000, 12_000, 20_000, 100_000])(
  "a lock that lasts %i ms is renewed before what is written late",
  async (ttlMs) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let renewed = 0;
    const lock: Lock = {
      acquire: async () => null,
      renew: async (signal) => {
        signal.throwIfAborted();
        renewed++;
        return true;
      },
      release: async () => {},
    };
    const claim = { holder: "here", reason: "a test", ttlMs };
    const taken = await holdLock(lock, claim, {
      waitMs: 0,
      signal: new AbortController().signal,
      emit: () => {},
    });
    if (!("held" in taken)) throw new Error("somebody has it");
    await taken.held.sure();
    expect(renewed).toBe(0);
    vi.setSystemTime(Date.now() + ttlMs);
    await taken.held.sure();
    expect(renewed).toBe(1);
    expect(taken.held.lost.aborted).toBe(false);
    await taken.held.release();
  },
);
