import type { SentinelCheck } from "../../clients/readers.ts";
import type { Zod } from "../../core/check.ts";
import { printable } from "../../core/text.ts";
import { type Calendar, freezeAt, horizonDays, type Span, type TemporalApi } from "./spans.ts";
import { parseDated, parseTimeZone, parseWeekly, type WindowText } from "./windows.ts";

export interface FreezeOptions {
  /** IANA name; windows without a UTC offset are read by its wall clock. */
  readonly timezone: string;
  readonly weekly: readonly WindowText[];
  readonly dates: readonly WindowText[];
  /** When not empty, releases are allowed inside these windows alone. */
  readonly allow: readonly Omit<WindowText, "reason">[];
}

type Moment = {
  /** RFC 3339, UTC. */
  at: string;
  /** By the calendar's wall clock: `2026-12-28 08:00`. */
  local: string;
  /** `Mon` */
  weekday: string;
};

export type FreezeObservation = {
  at: string;
  timezone: string;
  /** The freeze that holds, null when none does. */
  freeze: { reason: string; until: Moment } | null;
  /** When a release may go out; null when not within the days the calendar was read for. */
  nextOpen: Moment | null;
  /** The next freeze, when none holds now. */
  next: { reason: string; from: Moment } | null;
};

export const calendarFreeze: SentinelCheck<FreezeOptions, FreezeObservation> = {
  id: "calendar.freeze",
  question: "Is this moment outside every release freeze?",
  kind: "policy",
  reach: "local",
  defaults: { timezone: "UTC", weekly: [], dates: [], allow: [] },
  schema,

  async observe({ options, target }) {
    const calendar = parseCalendar(options);
    const { Temporal } = await import("temporal-polyfill");
    const state = freezeAt(calendar, Temporal.Instant.from(target.at).epochMilliseconds, Temporal);
    const moment = (at: number) => momentOf(at, calendar.timezone, Temporal);
    const of = (span: Span) => printable(span.reason, 200);
    return {
      at: target.at,
      timezone: calendar.timezone,
      freeze: state.span && { reason: of(state.span), until: moment(state.span.end) },
      nextOpen: state.nextOpen === null ? null : moment(state.nextOpen),
      next: state.next && { reason: of(state.next), from: moment(state.next.start) },
    };
  },

  judge({ at, timezone, freeze: held, nextOpen, next }) {
    const show = (moment: Moment) => `${moment.local} ${timezone}`;
    if (held === null) {
      const then = next
        ? `${next.reason}, ${next.from.weekday} ${show(next.from)}`
        : `none within ${horizonDays} days`;
      return { status: "ok", message: `No release freeze (next one: ${then})` };
    }
    return {
      status: "fail",
      message: `Release freeze: ${held.reason} until ${show(held.until)}`,
      remedy: nextOpen
        ? `next open: ${nextOpen.weekday} ${show(nextOpen)} (in ${wait(Date.parse(nextOpen.at) - Date.parse(at))})`
        : `never open within ${horizonDays} days: shorten the windows of calendar.freeze`,
    };
  },
};

/** @throws when a window or the time zone cannot be read */
export function parseCalendar(options: FreezeOptions): Calendar {
  return {
    timezone: parseTimeZone(options.timezone),
    weekly: options.weekly.flatMap(parseWeekly),
    dates: options.dates.map(parseDated),
    allow: options.allow.flatMap(parseWeekly),
  };
}

function schema(z: Zod) {
  const readable =
    (parse: (text: WindowText) => unknown) =>
    (window: WindowText, context: { addIssue(message: string): void }) => {
      const problem = failure(() => parse(window));
      if (problem) context.addIssue(problem);
    };
  const reason = z.string().min(1).max(200).describe("Why, as the message says it.").optional();
  const ends = {
    from: z.string().describe("Day and time, such as `Fri 16:00`; a time alone means every day."),
    to: z.string().describe("The moment it ends; a day without a time is included to its end."),
  };
  return z.strictObject({
    timezone: z
      .string()
      .refine((name) => !failure(() => parseTimeZone(name)), {
        error: ({ input }) => failure(() => parseTimeZone(String(input))) ?? "unknown time zone",
      })
      .describe("IANA time zone by whose wall clock the windows are read.")
      .optional(),
    weekly: z
      .array(z.strictObject({ ...ends, reason }).superRefine(readable(parseWeekly)))
      .describe("Times of the week in which nothing is released; they may wrap round the week's end.")
      .optional(),
    dates: z
      .array(
        z
          .strictObject({
            from: z
              .string()
              .describe(
                "`2026-12-20`, `2026-12-20T18:00`, the same with an offset, or `12-24` for every year.",
              ),
            to: z.string().describe("The moment it ends; a date without a time is included to its end."),
            reason,
          })
          .superRefine(readable(parseDated)),
      )
      .describe("Stretches of dates in which nothing is released.")
      .optional(),
    allow: z
      .array(z.strictObject(ends).superRefine(readable(parseWeekly)))
      .describe("Times of the week in which alone releases are allowed.")
      .optional(),
  });
}

function failure(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

function momentOf(at: number, zone: string, temporal: TemporalApi): Moment {
  const instant = temporal.Instant.fromEpochMilliseconds(at);
  const local = instant.toZonedDateTimeISO(zone);
  const time = local.toPlainTime().toString({ smallestUnit: local.second === 0 ? "minute" : "second" });
  return {
    at: instant.toString(),
    local: `${local.toPlainDate()} ${time}`,
    weekday: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][local.dayOfWeek - 1] ?? "",
  };
}

/** `3 d 4 h`, `4 h 20 min`, `5 min`; never less than it takes. */
function wait(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  const [d, h, min] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts =
    d > 0
      ? [
          [d, "d"],
          [h, "h"],
        ]
      : [
          [h, "h"],
          [min, "min"],
        ];
  return parts.flatMap(([n, unit]) => (n === 0 ? [] : [`${n} ${unit}`])).join(" ");
}
