/** Milliseconds since some moment, never going back. The global `performance` would load node:perf_hooks first. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
