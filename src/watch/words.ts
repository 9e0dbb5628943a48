import { minuteMs } from "./time.ts";

/** `0.51 %`, `2.04 %`, `12 %`: enough digits to tell it from its threshold, no more. */
export function percent(rate: number): string {
  const value = rate * 100;
  const digits = value >= 10 ? 0 : 2;
  return `${trimmed(value.toFixed(digits))} %`;
}

/** `4,100`; fractions of a request are not shown. */
export function amount(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

/** `30 s`, `5 min`, `1 h`, `3 d`. */
export function span(ms: number): string {
  const minutes = ms / minuteMs;
  if (minutes < 1) return `${trimmed((ms / 1000).toFixed(1))} s`;
  if (minutes >= 2880 && minutes % 1440 === 0) return `${minutes / 1440} d`;
  if (minutes >= 60 && minutes % 60 === 0) return `${minutes / 60} h`;
  return `${trimmed(minutes.toFixed(1))} min`;
}

/** How long it has been, without the part of a minute: `4 min`; of the first minute `12 s`. */
export function passed(ms: number): string {
  const unit = ms < minuteMs ? 1000 : minuteMs;
  return span(Math.floor(ms / unit) * unit);
}

/** `2.4`, `14`. */
export function times(factor: number): string {
  return trimmed(factor.toFixed(factor >= 10 ? 0 : 1));
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
