import type { Contradiction } from "../../core/check.ts";
import type { JudgedStatus } from "../../core/finding.ts";

/** Percent from which on a use is a warning, and from which on it is a failure. */
export interface Limit {
  readonly warn: number;
  readonly critical: number;
}

export interface Level {
  readonly status: Extract<JudgedStatus, "ok" | "warn" | "fail">;
  readonly word: "OK" | "WARNING" | "CRITICAL";
  /** `80.1%` */
  readonly shown: string;
}

/** Judges what is shown, so that a reader never sees a number beside the wrong word. */
export function level(percent: number, { warn, critical }: Limit): Level {
  const shown = percent.toFixed(1);
  const rounded = Number(shown);
  if (rounded >= critical) return { status: "fail", word: "CRITICAL", shown: `${shown}%` };
  if (rounded >= warn) return { status: "warn", word: "WARNING", shown: `${shown}%` };
  return { status: "ok", word: "OK", shown: `${shown}%` };
}

/** A failure that comes before its warning is a slip: nobody would ever be warned. */
export function upsideDown(
  limits: Readonly<Record<string, unknown>>,
  [warn, critical]: readonly [string, string],
): Contradiction | undefined {
  const [low, high] = [Number(limits[warn]), Number(limits[critical])];
  if (!(low > high)) return undefined;
  return {
    option: warn,
    message: `${warn} is ${low} and ${critical} ${high}: it would fail before it warns`,
    remedy: `set ${warn} to ${high} at most, or ${critical} to ${low} at least`,
  };
}

/** `1.5 GiB` */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power]}`;
}
