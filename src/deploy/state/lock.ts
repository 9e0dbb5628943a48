import { isDead } from "../../clients/host/holder.ts";
import type { Lock, LockHolder } from "../driver.ts";
import { changeState, type Register } from "./register.ts";

/** The lock of a place, in its register. Machines that deploy must agree on the time, to less than the time that a lock lasts. */
export function registerLock(register: Register, now: () => number = Date.now): Lock {
  let mine: { readonly holder: string; readonly ttlMs: number } | undefined;
  const isOver = ({ holder, expiresAt }: LockHolder) => Date.parse(expiresAt) <= now() || isDead(holder);
  return {
    async acquire({ holder, reason, ttlMs }, signal) {
      const at = now();
      const ours: LockHolder = { holder, reason, since: moment(at), expiresAt: moment(at + ttlMs) };
      let theirs: LockHolder | null = null;
      await changeState(
        register,
        (state) => {
          const taken = state.lock !== null && state.lock.holder !== holder && !isOver(state.lock);
          theirs = taken ? state.lock : null;
          return taken ? null : { ...state, lock: ours };
        },
        signal,
      );
      if (theirs === null) mine = { holder, ttlMs };
      return theirs;
    },
    async renew(signal) {
      const { holder, ttlMs } = mine ?? { holder: "", ttlMs: 0 };
      const state = await changeState(
        register,
        ({ lock, ...rest }) =>
          lock?.holder === holder ? { ...rest, lock: { ...lock, expiresAt: moment(now() + ttlMs) } } : null,
        signal,
      );
      return state.lock !== null && state.lock.holder === holder;
    },
    async release(signal) {
      await changeState(
        register,
        (state) => (mine && state.lock?.holder === mine.holder ? { ...state, lock: null } : null),
        signal,
      );
      mine = undefined;
    },
  };
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
