import type { Judgement } from "../../core/finding.ts";
import { printable, shellWord, showUrl } from "../../core/text.ts";
import type { SloSeen } from "./observe.ts";
import type { SloOptions } from "./options.ts";
import { showWindow } from "./window.ts";

/** What could not be found out is never well. Undefined when everything was counted. */
export function unknown(what: string, seen: SloSeen, options: SloOptions): Judgement | undefined {
  if (seen.failure) {
    const remedy =
      seen.failure.remedy ?? `curl -sv ${shellWord(`${showUrl(options.url)}/api/v1/query?query=up`)}`;
    const { why, lacks } = seen.failure;
    const missing = lacks ? { missing: [lacks] } : {};
    return { status: "unknown", message: `${what} unknown: Prometheus: ${why}`, ...missing, remedy };
  }
  const empty = seen.windows.find(({ total }) => total === null || total === 0);
  if (seen.windows.length > 0 && !empty) return undefined;
  const window = empty ? ` in ${showWindow(empty.ms)}` : "";
  const why = seen.missing ?? "there were no requests";
  return {
    status: "unknown",
    message: `${what} unknown: nothing was counted${window}: ${printable(why, 400)}`,
    remedy: "mend the check's total and labels, or see why the service has no requests",
  };
}

/** `1,234` */
export function number(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `12.3%` */
export function percent(part: number): string {
  return `${(Math.round(part * 1000) / 10).toFixed(1)}%`;
}
