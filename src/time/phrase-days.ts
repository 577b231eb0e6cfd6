import type { Item } from './phrase-items.ts';
import { type CalendarDay, compareDays, isDay, plusDays, plusMonths, weekdayOf } from './zones.ts';

type DayItem = Extract<Item, { kind: 'day' | 'weekday' | 'date' | 'monthday' }>;

/**
 * The days that may be meant, the nearest first; null: none is named; empty: one that no calendar has. `past`: of two that
 * may be meant, the one before.
 */
export function daysOf(
  items: readonly DayItem[],
  today: CalendarDay,
  past: boolean,
): readonly CalendarDay[] | null | 'contradiction' {
  const [first, ...more] = items;
  if (!first) return null;
  const days = daysOfOne(first, today, past);
  if (more.length === 0) return days;
  // Friday the 4th of December, tomorrow on Tuesday: all of them have to be one day.
  const dated = items.find(({ kind }) => kind !== 'weekday');
  const [day] = dated ? daysOfOne(dated, today, past) : [];
  if (!day || items.length > 2) return 'contradiction';
  const other = items.find((item) => item !== dated);
  return other?.kind === 'weekday' && other.weekday === weekdayOf(day) ? [day] : 'contradiction';
}

function daysOfOne(item: DayItem, today: CalendarDay, past: boolean): readonly CalendarDay[] {
  switch (item.kind) {
    case 'day':
      return [plusDays(today, item.offset)];
    case 'weekday':
      return past ? pastWeekdays(item, today) : comingWeekdays(item, today);
    case 'date': {
      const { month, day } = item;
      const other = item.swapped ? datesOf({ ...item, month: day, day: month }, today, past) : [];
      return [...datesOf(item, today, past), ...other];
    }
    case 'monthday':
      return monthdaysOf(item.day, today, past);
    default:
      return item satisfies never;
  }
}

function comingWeekdays(
  { weekday, which }: Extract<Item, { kind: 'weekday' }>,
  today: CalendarDay,
): readonly CalendarDay[] {
  if (which === 'last') return [plusDays(today, -((weekdayOf(today) - weekday + 6) % 7) - 1)];
  if (which === 'following') return ofNextWeek(weekday, today);
  const ahead = (weekday - weekdayOf(today) + 7) % 7;
  const [coming, after] = [plusDays(today, ahead), plusDays(today, ahead + 7)];
  // Said on that very day, it may be this one or that in a week.
  if (ahead === 0) return which === 'next' ? [after] : [coming, after];
  // Some mean the next one, some that of the next week; from the next week on both are the same.
  const isThisWeek = weekday > weekdayOf(today);
  return which === 'next' && isThisWeek ? [coming, after] : [coming];
}

/** To some a week begins on Monday, to some on Sunday. */
function ofNextWeek(weekday: number, today: CalendarDay): readonly CalendarDay[] {
  const fromMonday = plusDays(today, 7 - weekdayOf(today) + weekday);
  const fromSunday = plusDays(today, 7 - (weekdayOf(today) % 7) + (weekday % 7));
  const order = compareDays(fromMonday, fromSunday);
  if (order === 0) return [fromMonday];
  return order < 0 ? [fromMonday, fromSunday] : [fromSunday, fromMonday];
}

/** The nearest day of that number. On that very day it may be this one or the next. */
function monthdaysOf(day: number, today: CalendarDay, past: boolean): readonly CalendarDay[] {
  const found: CalendarDay[] = [];
  // Every second month at least has 31 days, but for July and August and the turn of the year.
  for (let away = 0; away <= 3 && found.length < (day === today.day ? 2 : 1); away += 1) {
    const { year, month } = plusMonths({ ...today, day: 1 }, past ? -away : away);
    const one = { year, month, day };
    const order = compareDays(one, today);
    if (isDay(one) && (past ? order <= 0 : order >= 0)) found.push(one);
  }
  return found;
}

function pastWeekdays(
  { weekday, which }: Extract<Item, { kind: 'weekday' }>,
  today: CalendarDay,
): readonly CalendarDay[] {
  const back = (weekdayOf(today) - weekday + 7) % 7;
  if (back === 0) return which === 'last' ? [plusDays(today, -7)] : [today, plusDays(today, -7)];
  const isThisWeek = weekday < weekdayOf(today);
  const [last, before] = [plusDays(today, -back), plusDays(today, -back - 7)];
  return which === 'last' && isThisWeek ? [last, before] : [last];
}

function datesOf(
  { year, month, day }: Extract<Item, { kind: 'date' }>,
  today: CalendarDay,
  past: boolean,
): readonly CalendarDay[] {
  if (year !== null) return isDay({ year, month, day }) ? [{ year, month, day }] : [];
  // The 29th of February may be years away.
  for (let away = 0; away <= 8; away++) {
    const one = { year: today.year + (past ? -away : away), month, day };
    const order = compareDays(one, today);
    if (isDay(one) && (past ? order <= 0 : order >= 0)) return [one];
  }
  return [];
}
