import type { Temporal } from "temporal-polyfill";
import type { DatedWindow, Edge, WeeklyWindow } from "./windows.ts";

/** The `Temporal` object, handed in so that only a configured calendar loads it. */
export type TemporalApi = typeof Temporal;

export interface Calendar {
  /** IANA name. */
  readonly timezone: string;
  readonly weekly: readonly WeeklyWindow[];
  readonly dates: readonly DatedWindow[];
  /** Empty: releases are allowed whenever they are not frozen. */
  readonly allow: readonly WeeklyWindow[];
}

/** A stretch of frozen time, milliseconds since 1970; `end` is the first moment after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

export interface FreezeState {
  /** The freeze at that moment; of several the one that ends last. */
  readonly span: Span | null;
  /** When the next release may go out: that very moment when nothing is frozen, null when not within the horizon. */
  readonly nextOpen: number | null;
  /** The next freeze, when there is none now. */
  readonly next: Span | null;
}

const dayMs = 86_400_000;
/** How far ahead a calendar is read, days. */
export const horizonDays = 400;

/** What the calendar says about a moment (milliseconds since 1970), and when that changes. */
export function freezeAt(calendar: Calendar, at: number, temporal: TemporalApi): FreezeState {
  const near = stateWithin(calendar, at, 30, temporal);
  return near.nextOpen === null || (near.span ?? near.next) === null
    ? stateWithin(calendar, at, horizonDays, temporal)
    : near;
}

function stateWithin(calendar: Calendar, at: number, ahead: number, temporal: TemporalApi): FreezeState {
  const limit = at + ahead * dayMs;
  const spans = spansAround(calendar, at, limit, temporal);
  const covering = (moment: number) => spans.filter((span) => span.start <= moment && moment < span.end);
  const span = covering(at).reduce<Span | null>(
    (last, one) => (last && last.end >= one.end ? last : one),
    null,
  );
  let open = at;
  for (let now = covering(open); now.length > 0 && open <= limit; now = covering(open)) {
    open = Math.max(...now.map((one) => one.end));
  }
  const next = spans
    .filter((one) => one.start > at && one.start <= limit)
    .reduce<Span | null>((first, one) => (first && first.start <= one.start ? first : one), null);
  return { span, nextOpen: open > limit ? null : open, next: span ? null : next };
}

/** Every frozen span that touches the time from `at` to `limit`, whole. */
function spansAround(calendar: Calendar, at: number, limit: number, temporal: TemporalApi): readonly Span[] {
  const zone = calendar.timezone;
  const today = temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  // A window that wraps began at most a week before its end; one more week keeps the edges whole.
  const monday = today.subtract({ days: today.dayOfWeek - 1 + 14 });
  const weeks = Math.ceil((limit - at) / (7 * dayMs)) + 5;
  const repeat = (window: WeeklyWindow) =>
    Array.from({ length: weeks }, (_week, i) =>
      weeklySpan(window, monday.add({ days: i * 7 }), zone, temporal),
    );
  const frozen = [
    ...calendar.weekly.flatMap(repeat),
    ...calendar.dates.flatMap((window) => datedSpans(window, today.year, zone, temporal)),
    ...between(calendar.allow.flatMap(repeat)),
  ];
  return frozen.filter((span) => span.start < span.end && span.end > at && span.start <= limit);
}

function weeklySpan(
  window: WeeklyWindow,
  monday: Temporal.PlainDate,
  zone: string,
  temporal: TemporalApi,
): Span {
  const moment = (minutes: number) =>
    monday.add({ days: Math.floor(minutes / 1440) }).toZonedDateTime({
      timeZone: zone,
      plainTime: new temporal.PlainTime(Math.floor(minutes / 60) % 24, minutes % 60),
    }).epochMilliseconds;
  return { start: moment(window.from), end: moment(window.to), reason: window.reason };
}

/** The time between windows in which alone releases are allowed. */
function between(allowed: readonly Span[]): readonly Span[] {
  const gaps: Span[] = [];
  let closed: number | null = null;
  for (const open of [...allowed].sort((a, b) => a.start - b.start)) {
    if (open.start >= open.end) continue;
    if (closed !== null && open.start > closed) {
      gaps.push({ start: closed, end: open.start, reason: "outside the release windows" });
    }
    closed = Math.max(closed ?? open.end, open.end);
  }
  return gaps;
}

function datedSpans(
  window: DatedWindow,
  thisYear: number,
  zone: string,
  temporal: TemporalApi,
): readonly Span[] {
  const { from, to, reason } = window;
  const span = (fromYear: number, toYear: number): Span => ({
    start: edgeMoment(from, fromYear, false, zone, temporal),
    end: edgeMoment(to, toYear, true, zone, temporal),
    reason,
  });
  if (from.year !== null && to.year !== null) return [span(from.year, to.year)];
  return [-1, 0, 1, 2].map((shift) => {
    const year = thisYear + shift;
    const same = span(year, year);
    return same.end > same.start ? same : span(year, year + 1);
  });
}

function edgeMoment(edge: Edge, year: number, isEnd: boolean, zone: string, temporal: TemporalApi): number {
  // 29 February is the 28th in other years.
  const date = temporal.PlainDate.from({ year, month: edge.month, day: edge.day });
  if (edge.clock === null) {
    return date.add({ days: isEnd ? 1 : 0 }).toZonedDateTime(zone).epochMilliseconds;
  }
  if (edge.offset !== null)
    return temporal.Instant.from(`${date}T${edge.clock}${edge.offset}`).epochMilliseconds;
  return date.toZonedDateTime({ timeZone: zone, plainTime: edge.clock }).epochMilliseconds;
}
