import type { DayPart, Item } from './phrase-items.ts';

/** An hour that may be meant. `nextDay`: the small hours, which the night before counts as its own. */
export interface HourRead {
  readonly hour: number;
  readonly minute: number;
  readonly nextDay?: boolean;
  /** The words are those of a 24-hour clock, and only this reading is what they say literally. */
  readonly literal: boolean;
}

type Clock = Extract<Item, { kind: 'clock' }>;

/** What an hour can mean with the parts of the day beside it; empty: they contradict each other. */
export function hoursOf({ hour, minute, mode }: Clock, parts: readonly DayPart[]): readonly HourRead[] {
  if (mode === 'midnight') {
    const fits = parts.every((part) => part === 'night' || part === 'evening');
    return fits ? [true, false].map((nextDay) => ({ hour: 0, minute: 0, nextDay, literal: true })) : [];
  }
  if (mode === 'noon') return parts.every((part) => part === 'noon') ? [{ hour, minute, literal: true }] : [];
  const all =
    mode === 'exact' || parts.length > 0 || hour > 12 || hour === 0 || (mode === 'written' && hour === 12)
      ? [{ hour, minute, literal: true }]
      : [hour % 12, (hour % 12) + 12].map((one) => ({
          hour: one,
          minute,
          literal: mode === 'written' && one === hour,
        }));
  return parts.reduce<readonly HourRead[]>(
    (kept, part) => kept.flatMap((one) => withPart(one, part, mode === 'exact')),
    all,
  );
}

function withPart(one: HourRead, part: DayPart, exact: boolean): readonly HourRead[] {
  const { hour } = one;
  const later = exact ? [] : [{ ...one, hour: hour + 12 }];
  switch (part) {
    case 'morning':
      return hour >= 1 && hour <= 11 ? [one] : [];
    case 'afternoon':
      if (hour >= 12 && hour <= 21) return [one];
      return hour >= 1 && hour <= 9 ? later : [];
    case 'evening':
      if (hour >= 16) return [one];
      return hour >= 4 && hour <= 11 ? later : [];
    case 'night':
      if (hour >= 17) return [one];
      if (hour === 0 || (hour === 12 && !exact)) return [true, false].map((nextDay) => ({ ...one, hour: 0, nextDay }));
      if (hour >= 6 && hour <= 11) return later;
      return hour <= 5 ? [one, { ...one, nextDay: true }] : [];
    case 'noon':
      if (hour >= 11 && hour <= 14) return [one];
      return hour <= 2 ? later : [];
    default:
      return part satisfies never;
  }
}
