import { duration } from "../../core/text.ts";
import type { Dora, Measure } from "./types.ts";

/** The four numbers, a line each, with what they were computed from: `Deployment frequency: 0.4 a day (…)`. */
export function doraLines(dora: Dora): readonly string[] {
  const lines = [
    ["Deployment frequency", dora.deploymentFrequency],
    ["Lead time for changes", dora.leadTimeForChanges],
    ["Change failure rate", dora.changeFailureRate],
    ["Time to restore", dora.timeToRestore],
  ] as const;
  return lines.map(([name, measure]) => `${name}: ${shown(measure)} (${measure.basis})`);
}

function shown({ value, unit }: Measure): string {
  if (value === null) return "not known";
  if (unit === "ratio") return `${round(value * 100)} %`;
  return unit === "seconds" ? span(value) : `${round(value)} a day`;
}

function span(seconds: number): string {
  if (seconds < 1) return "0 s";
  if (seconds < 3600) return duration(seconds * 1000);
  return seconds < 2 * 86_400 ? `${round(seconds / 3600)} h` : `${round(seconds / 86_400)} days`;
}

function round(value: number): number {
  return Number(value.toPrecision(2));
}
