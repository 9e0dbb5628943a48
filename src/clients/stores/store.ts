import { type Proof, StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";

/** A file on this machine that goes into a store. It must not change meanwhile. */
export interface NewFile {
  /** What it is called in the store: letters, digits and `._+-`, not beginning with a dot. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly contentType: string;
}

/** What a store has under a name. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Where archives are kept. Nothing in it is ever written over. All @throws StepFailure when the store cannot be asked, or
 * refuses; the signal's reason when aborted.
 */
export interface Store {
  /** For people, without secrets: `folder /srv/releases`. Different for any two stores of a configuration. */
  readonly name: string;
  /** What is there under a name, by its content; null: nothing. */
  stat(name: string, signal: AbortSignal): Promise<StoredFile | null>;
  /**
   * `stored` when it is there now, and was read back; `there` when the same was there already.
   * @throws StoreConflict when something else is there under this name
   */
  put(file: NewFile, signal: AbortSignal): Promise<"stored" | "there">;
  /**
   * Writes what is there into a file of this machine; null, and no file, when there is none.
   * @throws StepFailure when it has more bytes than that; no file is left then
   */
  get(name: string, to: string, maxBytes: number, signal: AbortSignal): Promise<StoredFile | null>;
  /** Names of what is there, sorted; null where the store cannot tell: then nothing is ever removed from it. */
  list(signal: AbortSignal): Promise<readonly string[] | null>;
  /** Gone already is as good. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Whether it will take something, as far as that can be told without writing. */
  prove(signal: AbortSignal): Promise<readonly Proof[]>;
}

/** Something else is there under this name: what is stored is never written over. */
export class StoreConflict extends StepFailure {
  readonly there: StoredFile | null;
  constructor(store: string, file: NewFile, there: StoredFile | null) {
    const other = there ? ` (${count(there.bytes, "byte")}, sha256 ${there.sha256.slice(0, 12)})` : "";
    super(
      `${printable(store, 200)} has ${printable(file.name, 200)} already, with other content${other}: it is not written over`,
      "see whose it is; if it is of no use any more, remove it there by hand and run the same command again",
      true,
    );
    this.there = there;
  }
}

/** @throws StepFailure for a name that could mean something else in some store */
export function storeName(name: string): string {
  if (/^[A-Za-z0-9][\w.+-]{0,199}$/.test(name)) return name;
  throw new StepFailure(`"${printable(name, 200)}" is no name of a file in a store`, undefined, true);
}

/** What is there now is what was meant. @throws StoreConflict */
export function judged<T>(store: string, file: NewFile, there: StoredFile | null, answer: T): T {
  if (there?.sha256 === file.sha256) return answer;
  throw new StoreConflict(store, file, there);
}
