/** Goes on when the signal aborts, even if what runs does not listen. @throws what the work throws; the signal's reason */
export function heeding<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => setImmediate(() => setImmediate(() => reject(signal.reason)));
    signal.addEventListener("abort", stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
