export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** At most so many at a time, the others in the order in which they came. */
export function createLimit(most: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    // Whoever is woken takes over the place of who ended.
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
