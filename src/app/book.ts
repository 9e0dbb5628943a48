import type { SentinelError } from "../core/errors.ts";
import type { Verdict } from "../core/verdict.ts";
import type { LedgerEvent } from "../ledger/entry.ts";
import { withLimit } from "./in-time.ts";
import type { Ledger, LedgerWorld } from "./ledger.ts";

/** The ledger as a run uses it: opened while the gate looks at the world, and never in its way. */
export interface Book {
  /** Begins to open it. */
  open(): void;
  /** Records a verdict, in what is left of the run's time. What goes wrong is a warning. */
  verdict(verdict: Verdict, command: string, leftMs: number): Promise<void>;
  /** Records something else that has happened, in the same way; also when the run is interrupted meanwhile. */
  note(event: LedgerEvent): Promise<void>;
  /** Where the chain ended when this verdict was in it: for tags' trailers and signed verdicts. Null where it is not. */
  anchorOf(verdict: Verdict): string | null;
  /** Why nothing can be recorded; null where it can, or where no ledger is wanted. */
  probe(): Promise<SentinelError | null>;
  close(): Promise<void>;
}

/** For what was done to be recorded, though the run is interrupted. */
const noteMs = 10_000;
/** For a verdict to be recorded, though the run has taken all of its time. */
const leastMs = 5000;

export function createBook(world: LedgerWorld): Book {
  let opening: Promise<Ledger | null> | undefined;
  const anchors = new WeakMap<Verdict, string>();
  const ledger = () => {
    opening ??= import("./ledger.ts").then(({ openLedger }) => openLedger(world));
    return opening;
  };
  return {
    // After the first questions of the gate have gone out.
    open: () => void setImmediate(() => void ledger().catch(() => {})),
    async verdict(verdict, command, leftMs) {
      const opened = await ledger();
      if (!opened) return;
      const { verdictEvent } = await import("./ledger.ts");
      const limit = withLimit(world.signal, Math.max(leftMs, leastMs));
      const written = await opened.note(verdictEvent(verdict, command), limit.signal).finally(limit.clear);
      world.signal.throwIfAborted();
      if (written) anchors.set(verdict, written.anchor);
    },
    async note(event) {
      await (await ledger())?.note(event, AbortSignal.timeout(noteMs));
    },
    anchorOf: (verdict) => anchors.get(verdict) ?? null,
    probe: async () => (await (await ledger())?.probe()) ?? null,
    async close() {
      (await opening?.catch(() => null))?.close();
    },
  };
}
