import { type CalendarDay, compareDays, dayAt, plusDays, wallTime } from './zones.ts';

/** A wall time as people are told it: `18:30 today`, `9:00 on Friday 4 December`. */
export function wallWords(at: number, now: number, zone: string): string {
  const { hour, minute } = wallTime(at, zone);
  return `${clockWords(hour, minute)} ${dayWords(dayAt(at, zone), dayAt(now, zone))}`;
}

export function clockWords(hour: number, minute: number): string {
  return `${hour}:${String(minute).padStart(2, '0')}`;
}

/** `today`, `tomorrow`, `on Friday 4 December`; the year where it is another one. */
export function dayWords(day: CalendarDay, today: CalendarDay): string {
  if (compareDays(day, today) === 0) return 'today';
  if (compareDays(day, plusDays(today, 1)) === 0) return 'tomorrow';
  if (compareDays(day, plusDays(today, -1)) === 0) return 'yesterday';
  const year = day.year === today.year ? {} : ({ year: 'numeric' } as const);
  const options = { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long', ...year } as const;
  const at = Date.UTC(day.year, day.month - 1, day.day);
  return `on ${new Intl.DateTimeFormat('en-GB', options).format(at).replace(',', '')}`;
}
