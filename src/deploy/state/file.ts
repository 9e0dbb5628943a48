import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLock, type Lock, LockFailure } from "../../clients/ledger/lock.ts";
import { makeFolder } from "../../clients/make-folder.ts";
import { writeWhole } from "../../clients/whole-file.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { emptyState, type PlaceState, type Register } from "./register.ts";

/** In a file that every machine which deploys can reach. Whoever replaces it holds the operating system's lock beside it. */
export function fileRegister(folder: string, name: string): Register {
  const path = join(folder, `${fileName(name)}.json`);
  const shown = printable(path, 300);

  async function alone<T>(signal: AbortSignal, work: () => T): Promise<T> {
    let lock: Lock | undefined;
    try {
      makeFolder(folder);
      lock = createLock(`${path}.lock`, () => undefined);
      const held = await lock.take(signal);
      try {
        return work();
      } finally {
        held.release();
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof LockFailure || (error as NodeJS.ErrnoException).code !== undefined
        ? unwritable(shown, error as Error)
        : error;
    } finally {
      lock?.close();
    }
  }

  return {
    async read(signal) {
      signal.throwIfAborted();
      const text = content(path, shown);
      return { state: text === null ? emptyState : parse(text, shown), tag: tagOf(text) };
    },
    replace: (state, tag, signal) =>
      alone(signal, () => {
        if (tagOf(content(path, shown)) !== tag) return false;
        writeWhole(path, `${JSON.stringify(state, null, 2)}\n`);
        return true;
      }),
  };
}

/** Two names are never one file. */
function fileName(name: string): string {
  const plain = name.replace(/[^\w.-]/g, "_");
  return plain === name ? name : `${plain}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

function tagOf(text: string | null): string {
  return text === null ? "" : createHash("sha256").update(text).digest("hex");
}

/** Null when there is none yet. */
function content(path: string, shown: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new StepFailure(`cannot read ${shown} (${code})`, "it holds the lock and the memory of this place");
  }
}

/** @throws StepFailure where a guess would cost the way back */
function parse(text: string, shown: string): PlaceState {
  try {
    const state = JSON.parse(text) as Partial<PlaceState>;
    if (state.schema === emptyState.schema) return { ...emptyState, ...state };
  } catch {
    // said below
  }
  throw new StepFailure(
    `${shown} is not what we have written there`,
    `see what is in it; a place without a memory begins anew: mv ${shown} ${shown}.old`,
    true,
  );
}

function unwritable(shown: string, error: Error): StepFailure {
  const cause = (error as NodeJS.ErrnoException).code ?? error.message;
  return new StepFailure(
    `cannot write ${shown} (${printable(cause, 100)})`,
    "free some space, or see who may write there",
  );
}
