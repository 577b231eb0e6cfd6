import type { Repeat } from '../ports/guild.ts';
import { type CalendarDay, dayAt, instantOf, plusDays, weekdayOf } from './zones.ts';

export const EVERY_DAY: readonly number[] = [1, 2, 3, 4, 5, 6, 7];
export const WORKDAYS: readonly number[] = [1, 2, 3, 4, 5];
export const WEEKEND: readonly number[] = [6, 7];

/** The first time after an instant (ms since 1970). Where the clocks skip it, as much later. */
export function nextOf({ days, hour, minute, zone }: Repeat, after: number): number {
  let day: CalendarDay = dayAt(after, zone);
  for (let tried = 0; tried <= 7; tried++, day = plusDays(day, 1)) {
    if (!days.includes(weekdayOf(day))) continue;
    const at = instantOf({ ...day, hour, minute }, zone);
    if (at > after) return at;
  }
  throw new RangeError('A repetition needs a day.');
}

/** In words: `every day at 9:00 (Europe/Berlin)`. */
export function repeatWords({ days, hour, minute, zone }: Repeat): string {
  return `${daysWords(days)} at ${hour}:${String(minute).padStart(2, '0')} (${zone})`;
}

const NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function daysWords(days: readonly number[]): string {
  const same = (others: readonly number[]): boolean => others.join() === days.join();
  if (same(EVERY_DAY)) return 'every day';
  if (same(WORKDAYS)) return 'every weekday';
  return `every ${days.map((day) => NAMES[day - 1]).join(' and ')}`;
}

/** The last time at or before an instant. */
export function lastOf(repeat: Repeat, at: number): number {
  let last = nextOf(repeat, at - 8 * 86_400_000);
  for (let next = nextOf(repeat, last); next <= at; next = nextOf(repeat, next)) last = next;
  return last;
}
