import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { currentVersion, migrate, schemaVersion } from "./postgres-schema.ts";
import { openSession, type Session } from "./postgres-session.ts";
import { mayPass } from "./postgres-trouble.ts";
import type { PostgresPlace } from "./postgres-url.ts";

/** For a server that restarts, or has no connection left, to come round. */
const patienceMs = 20_000;

export interface Pool {
  /**
   * Does something with a connection of its own, again where the server may have come round meanwhile.
   * @param write makes the tables first; a reader hears whether there are any
   */
  use<T>(
    write: boolean,
    signal: AbortSignal,
    work: (session: Session, made: boolean) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

/** Connections to one server: as many as are in use at once, and one that is kept for the next. */
export function createPool(place: PostgresPlace): Pool {
  let idle: Session | undefined;
  let closed = false;
  let met = false;
  let made = false;

  async function once<T>(
    write: boolean,
    signal: AbortSignal,
    work: (session: Session, made: boolean) => Promise<T>,
  ): Promise<T> {
    const kept = idle;
    idle = undefined;
    const session = kept ?? (await openSession(place, signal));
    met = true;
    try {
      const version = made ? currentVersion : await schemaVersion(session, signal);
      if (write && version < currentVersion) await migrate(session, signal);
      made = write || version >= currentVersion;
      const done = await work(session, version > 0 || write);
      if (closed || idle) session.end();
      else idle = session;
      return done;
    } catch (error) {
      session.end();
      throw error;
    }
  }

  return {
    async use(write, signal, work) {
      const began = monotonicMs();
      for (let tries = 1; ; tries++) {
        try {
          return await once(write, signal, work);
        } catch (error) {
          signal.throwIfAborted();
          if (!mayPass(error, met) || monotonicMs() - began > patienceMs) throw error;
        }
        const pauseMs = Math.random() * Math.min(20 * 2 ** tries, 1000);
        await sleep(pauseMs, signal);
      }
    },
    close() {
      closed = true;
      idle?.end();
      idle = undefined;
    },
  };
}
