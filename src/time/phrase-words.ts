import { type CalendarDay, compareDays, dayAt, plusDays, wallTime } from './zones.ts';

/** A wall time as people are told it: `18:30 today`, `9:00 on Friday 4 December`. */
export function wallWords(at: number, now: number, zone: string): string {
  const { hour, minute } = wallTime(at, zone);
  return `${clockWords(hour, minute)} ${dayWords(dayAt(at, zone), dayAt(now, zone))}`;
}

/** `18:30`. */
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

/** `a, b or c`. */
export function listedOr(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}

/** The text with a capital at its beginning. */
export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** What people said, short enough for a question, without what would break its quotes. */
export function shown(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Co}“”"]/gu, '')
    .toWellFormed()
    .trim();
  return line.length > 60 ? `${line.slice(0, 59).replace(/[\ud800-\udbff]$/, '')}…` : line;
}
