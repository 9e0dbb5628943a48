import type { HistoryReader, Person } from "../../clients/git/history.ts";
import { keyOf, keysOf } from "./people.ts";

export interface Newcomers {
  /** Of some authors, the e-mail addresses of those who wrote nothing before. */
  among(authors: readonly Person[]): Promise<ReadonlySet<string>>;
  /** Nobody will ask. */
  stop(): void;
}

/** Reads who wrote what came before a commit, while the commits after it are read; no further than it has to. */
export function lookForNewcomers(history: HistoryReader, before: string, signal: AbortSignal): Newcomers {
  const seen = new Set<string>();
  const state: { sought: readonly Person[] | null; stopped: boolean } = { sought: null, stopped: false };
  const isNew = (person: Person) => !keysOf(person).some((key) => seen.has(key));
  const enough = () => {
    if (state.stopped) return true;
    if (state.sought === null) return false;
    state.sought = state.sought.filter(isNew);
    return state.sought.length === 0;
  };
  const reading = (async () => {
    for await (const people of history.authors(before, signal)) {
      for (const person of people) for (const key of keysOf(person)) seen.add(key);
      if (enough()) return;
    }
  })();
  // Heard of where it is awaited.
  reading.catch(() => {});
  return {
    async among(authors) {
      state.sought = authors;
      await reading;
      return new Set(authors.filter(isNew).map(keyOf));
    },
    stop() {
      state.stopped = true;
    },
  };
}
