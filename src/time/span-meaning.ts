import type { daysOf } from './phrase-days.ts';
import type { Item, Span } from './phrase-items.ts';
import { capital, shown } from './phrase-words.ts';
import type { PhraseContext, Understood } from './understood.ts';
import { type CalendarDay, compareDays, dayAt, instantOf, plusDays, plusMonths, wallTime, weekdayOf } from './zones.ts';

/** A thousand years: calendars go on for longer, but not for as long as anybody can write. */
const MOST_MONTHS = 12_000;
const MOST_DAYS = 365_000;

/** Whether no calendar that people use reaches so far. */
export function isTooLong({ months, days, ms }: Span): boolean {
  return months > MOST_MONTHS || days > MOST_DAYS || ms > MOST_DAYS * 86_400_000;
}

/**
 * In two weeks; and with a day, tomorrow in a week: so much later than it. A weekday may also be that of the week in which
 * so many weeks end.
 */
export function behindSpan(
  span: Span,
  named: ReturnType<typeof daysOf>,
  today: CalendarDay,
  past: boolean,
): ReturnType<typeof daysOf> {
  if (named === null) return [spanDay(span, today, past ? -1 : 1)];
  const [day, ...more] = named === 'contradiction' ? [] : named;
  if (!day || more.length > 0) return named;
  const later = spanDay(span, day, 1);
  const other = compareDays(day, plusDays(today, 1)) > 0 ? sameWeekday(spanDay(span, today, 1), day) : later;
  return compareDays(other, later) === 0 ? [later] : [other, later].sort(compareDays);
}

/** The day of the week of `day`, in the week (from Monday on) in which `one` is. */
function sameWeekday(one: CalendarDay, day: CalendarDay): CalendarDay {
  return plusDays(one, weekdayOf(day) - weekdayOf(one));
}

/** In two hours; three days ago. `left`: the words that were not understood. */
export function spanMeaning(
  { span, ago }: Extract<Item, { kind: 'span' }>,
  left: string,
  { now, zone, past = false }: PhraseContext,
): Understood {
  const away = past ? -1 : 1;
  const told = zone ?? 'UTC';
  let at = now;
  if (span.days > 0 || span.months > 0) {
    // In a day is at the same time of day, also where the clocks change in between. Without a zone nobody knows of that.
    const { year: _y, month: _m, day: _d, ...time } = wallTime(now, told);
    at = instantOf({ ...spanDay(span, dayAt(now, told), away), ...time }, told) + (((now % 1000) + 1000) % 1000);
  }
  at += away * span.ms;
  if (left !== '')
    return { kind: 'ask', question: `${capital(lengthWords(span, past))}, or what does “${shown(left)}” mean?` };
  if (ago && !past) return { kind: 'refuse', reason: 'That time is over already.' };
  return { kind: 'at', at };
}

function spanDay({ days, months }: Span, today: CalendarDay, away: 1 | -1): CalendarDay {
  return plusDays(plusMonths(today, away * months), away * days);
}

function lengthWords({ months, days, ms }: Span, past: boolean): string {
  const counted = (count: number, unit: string) => (count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`]);
  const minutes = Math.round(ms / 60_000);
  const parts = [
    ...counted(months, 'month'),
    ...counted(days, 'day'),
    ...counted(Math.floor(minutes / 60), 'hour'),
    ...counted(minutes % 60, 'minute'),
  ];
  return past ? `${parts.join(' ')} ago` : `in ${parts.join(' ')}`;
}
