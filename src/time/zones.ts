// Wall clocks and instants. Nothing here asks for the host's time zone.

/** A day of the calendar. `month` 1–12. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** What clocks and calendars of a zone show. */
export interface WallTime extends CalendarDay {
  readonly hour: number;
  readonly minute: number;
  readonly second?: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether Intl knows a zone of this name; offsets such as `+02:00` are none: they have no days on which clocks change. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show at an instant (ms since 1970). Throws RangeError for a zone that Intl does not know. */
export function wallTime(at: number, zone: string): Required<WallTime> {
  const fields = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatOf(zone).formatToParts(at)) {
    if (type in fields) fields[type as keyof typeof fields] = Number(value);
  }
  return fields;
}

/**
 * The instants at which the clocks of a zone show this: two, earliest first, where they are set back, and none where they
 * are set forward over it.
 */
export function instantsOf(wall: WallTime, zone: string): readonly number[] {
  const guess = utcOf(wall);
  const offsets = new Set([offsetMs(guess - DAY_MS, zone), offsetMs(guess + DAY_MS, zone)]);
  return [...offsets]
    .map((offset) => guess - offset)
    .filter((at) => offsetMs(at, zone) === guess - at)
    .sort((one, other) => one - other);
}

/**
 * The instant of a wall time: the first of two; where the clocks skip it, as much later as they skip (02:30 is 03:30), as
 * calendars do it (RFC 5545, 3.3.5).
 */
export function instantOf(wall: WallTime, zone: string): number {
  const [first] = instantsOf(wall, zone);
  return first ?? utcOf(wall) - offsetMs(utcOf(wall) - DAY_MS, zone);
}

/** The first instant of a day; where midnight is skipped, that is one o'clock. */
export function startOfDay({ year, month, day }: CalendarDay, zone: string): number {
  const midnight = { year, month, day, hour: 0, minute: 0 };
  if (instantsOf(midnight, zone).length > 0) return instantOf(midnight, zone);
  const guess = instantOf(midnight, zone);
  // The change falls on a whole quarter of an hour; before it is still yesterday.
  const quarter = 15 * MINUTE_MS;
  let at = Math.floor(guess / quarter) * quarter;
  while (wallTime(at - 1, zone).day === day) at -= quarter;
  return at;
}

/** The day that it is in a zone. */
export function dayAt(at: number, zone: string): CalendarDay {
  const { year, month, day } = wallTime(at, zone);
  return { year, month, day };
}

/** A day as `YYYY-MM-DD`. */
export function dayName({ year, month, day }: CalendarDay): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** So many days later, or earlier. */
export function plusDays({ year, month, day }: CalendarDay, days: number): CalendarDay {
  const at = new Date(Date.UTC(year, month - 1, day + days));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** So many months later; the 31st is the last day of a shorter month. */
export function plusMonths({ year, month, day }: CalendarDay, months: number): CalendarDay {
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return { year: first.getUTCFullYear(), month: first.getUTCMonth() + 1, day: Math.min(day, last) };
}

/** 1: Monday, 7: Sunday. */
export function weekdayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
}

/** Negative: the first is earlier. */
export function compareDays(one: CalendarDay, other: CalendarDay): number {
  return Date.UTC(one.year, one.month - 1, one.day) - Date.UTC(other.year, other.month - 1, other.day);
}

/** Whether the calendar has it. */
export function isDay(one: CalendarDay): boolean {
  const { year, month, day } = plusDays(one, 0);
  return year >= 1970 && year < 10_000 && year === one.year && month === one.month && day === one.day;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function utcOf({ year, month, day, hour, minute, second = 0 }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function offsetMs(at: number, zone: string): number {
  return utcOf(wallTime(at, zone)) - Math.floor(at / 1000) * 1000;
}

/** One a zone: making one takes longer than using it a hundred times. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = 'numeric';
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
  });
  // There are some 600 names; one that nobody asks for again is not worth forgetting.
  formats.set(zone, made);
  return made;
}
