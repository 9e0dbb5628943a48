/** A window as people write it. */
export interface WindowText {
  readonly from: string;
  readonly to: string;
  readonly reason?: string | undefined;
}

/** Minutes since Monday 00:00 by the wall clock; `to` lies after `from`, past 10,080 when it wraps round the week. */
export interface WeeklyWindow {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** One end of a dated window. */
export interface Edge {
  /** Null: every year. */
  readonly year: number | null;
  readonly month: number;
  readonly day: number;
  /** `HH:MM` or `HH:MM:SS`; null: the whole day. */
  readonly clock: string | null;
  /** `Z` or `±HH:MM`; null: the calendar's own zone. */
  readonly offset: string | null;
}

export interface DatedWindow {
  readonly from: Edge;
  readonly to: Edge;
  readonly reason: string;
}

const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;
const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/**
 * `Fri 16:00` to `Mon 08:00`, `Sat` to `Sun` (through its end), or `18:00` to `08:00`, which is one window a day.
 * @throws when it cannot be read
 */
export function parseWeekly(window: WindowText): readonly WeeklyWindow[] {
  const from = weekMoment(window.from, "from");
  const to = weekMoment(window.to, "to");
  const reason = window.reason ?? `${window.from} to ${window.to}`;
  if ((from.day === null) !== (to.day === null)) {
    throw new Error(
      `"${window.from}" to "${window.to}": name a day at both ends, or at neither for every day`,
    );
  }
  if (from.day !== null && to.day !== null) {
    const [start, end] = [from.day * dayMinutes + from.minute, to.day * dayMinutes + to.minute];
    return [weekly(start, end, weekMinutes, window, reason)];
  }
  return days.map((_day, i) => {
    const shift = i * dayMinutes;
    return weekly(shift + from.minute, shift + to.minute, dayMinutes, window, reason);
  });
}

/**
 * `2026-12-20`, `2026-12-20T18:00`, `2026-12-20T18:00+01:00`, or every year `12-24`, `12-24T18:00`.
 * @throws when it cannot be read
 */
export function parseDated(window: WindowText): DatedWindow {
  const from = edge(window.from);
  const to = edge(window.to);
  const text = `"${window.from}" to "${window.to}"`;
  if ((from.year === null) !== (to.year === null))
    throw new Error(`${text}: name a year at both ends, or at neither`);
  if ((from.offset === null) !== (to.offset === null)) {
    throw new Error(`${text}: give both ends a UTC offset, or neither`);
  }
  // A yearly window may run into the next year.
  if (from.year !== null && order(to, "24:00") <= order(from, "00:00"))
    throw new Error(`${text}: ends before it begins`);
  return { from, to, reason: window.reason ?? `${window.from} to ${window.to}` };
}

/** @throws when it is not a time zone of this runtime's database */
export function parseTimeZone(name: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    throw new Error(`unknown time zone "${name}": use an IANA name such as Europe/Berlin`);
  }
  return name;
}

function weekly(from: number, to: number, turn: number, window: WindowText, reason: string): WeeklyWindow {
  if ((to - from) % turn === 0 && to - from !== turn) {
    throw new Error(`"${window.from}" to "${window.to}": begins and ends at the same moment`);
  }
  return { from, to: to > from ? to : to + turn, reason };
}

function weekMoment(text: string, end: "from" | "to"): { day: number | null; minute: number } {
  const [, word, hour, minute] = /^([a-z]{3,9})?(?:(?:^|\s+)(\d{1,2}):(\d{2}))?$/i.exec(text.trim()) ?? [];
  const day = word === undefined ? null : days.findIndex((name) => name.startsWith(word.toLowerCase()));
  const whole = end === "to" ? dayMinutes : 0;
  const minutes = hour === undefined ? whole : Number(hour) * 60 + Number(minute);
  const readable = (word ?? hour) !== undefined && day !== -1 && Number(minute ?? 0) < 60;
  if (!readable || minutes > dayMinutes || (end === "from" && minutes === dayMinutes)) {
    throw new Error(`cannot read "${text}": write a day and a time, such as Fri 16:00`);
  }
  return { day, minute: minutes };
}

const dated = /^(?:(\d{4})-)?(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?$/;

function edge(text: string): Edge {
  const [, year, month, day, clock, offset] = dated.exec(text.trim()) ?? [];
  const found: Edge = {
    year: year === undefined ? null : Number(year),
    month: Number(month),
    day: Number(day),
    clock: clock ?? null,
    offset: offset ?? null,
  };
  // A leap year stands for every year: 29 February is a day.
  const calendarDay = new Date(Date.UTC(found.year ?? 2000, found.month - 1, found.day));
  const real = calendarDay.getUTCMonth() === found.month - 1 && calendarDay.getUTCDate() === found.day;
  const clockReal = /^(?:[01]\d|2[0-3])(?::[0-5]\d){1,2}$/.test(clock ?? "00:00");
  const offsetReal = /^(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.test(offset ?? "Z");
  if (
    month === undefined ||
    !real ||
    !clockReal ||
    !offsetReal ||
    (found.year === null && found.offset !== null)
  ) {
    throw new Error(`cannot read "${text}": write 2026-12-20, 2026-12-20T18:00, or 12-24 for every year`);
  }
  return found;
}

/** A number that orders edges of one sort; milliseconds where they carry offsets. */
function order(at: Edge, wholeDay: string): number {
  const [hour = 0, minute = 0, second = 0] = (at.clock ?? wholeDay).split(":").map(Number);
  const [offsetHour = 0, offsetMinute = 0] = at.offset?.startsWith("Z")
    ? []
    : (at.offset?.slice(1).split(":").map(Number) ?? []);
  const east = (at.offset?.startsWith("-") ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  return Date.UTC(at.year ?? 2000, at.month - 1, at.day, hour, minute - east, second);
}
