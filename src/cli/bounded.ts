import { inTime } from "../app/in-time.ts";
import type { Context } from "./context.ts";
import type { CommonOptions } from "./options.ts";

const defaultMs = 10 * 60_000;

/** Ends with `--timeout` and with the process's signals, whatever hangs. @throws SentinelError `out-of-time` */
export function bounded<T>(
  { signal }: Context,
  { timeout = defaultMs }: Pick<CommonOptions, "timeout">,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return inTime(timeout, signal, what, work);
}
