import type { Repeat } from '../ports/guild.ts';
import { literally } from './clock-meaning.ts';
import { hoursOf } from './phrase-clock.ts';
import type { Item } from './phrase-items.ts';
import { capital, clockWords, listedOr, shown } from './phrase-words.ts';
import { nextOf } from './repeats.ts';
import type { Understood, Wall } from './understood.ts';

/** Every Monday at nine. `left`: the words that were not understood. */
export function repeatMeaning(
  said: {
    readonly every: readonly number[] | null;
    readonly clock: Extract<Item, { kind: 'clock' }> | undefined;
    readonly days: readonly Item[];
    readonly parts: Parameters<typeof hoursOf>[1];
    readonly left: string;
  },
  { now, zone }: Wall,
): Understood {
  const also = otherWeekdays(said);
  if (also !== undefined) return repeatMeaning({ ...said, every: also, days: [], left: '' }, { now, zone });
  const [other, ...more] = said.days;
  const weekly = said.every === null && other?.kind === 'weekday' && more.length === 0 ? [other.weekday] : said.every;
  const first = said.every === null ? more[0] : other;
  if (weekly === null) return { kind: 'ask', question: 'Every week on which day, and at what time?' };
  const repeated = (hour: number, minute: number): Repeat => ({ days: weekly, hour, minute, zone });
  const words = (hour: number, minute: number): string => `${daysOfWeek(weekly)} at ${clockWords(hour, minute)}`;
  if (!said.clock) return { kind: 'ask', question: `${capital(daysOfWeek(weekly))} at what time?` };
  const hours = literally(hoursOf(said.clock, said.parts));
  // The night of a Friday goes on on Saturday.
  const atNight = hours.filter(({ nextDay }) => nextDay);
  if (atNight.length > 0 && weekly.length < 7) {
    const of = (after: number): string => daysOfWeek(weekly.map((one) => ((one - 1 + after) % 7) + 1).sort());
    const what = [0, 1].flatMap((after) =>
      atNight.map(({ hour, minute }) => `${of(after)} at ${clockWords(hour, minute)}`),
    );
    return { kind: 'ask', question: `${capital(listedOr([...new Set(what)]))}?` };
  }
  const distinct = [...new Map(hours.map((one) => [one.hour, one])).values()];
  const [only] = distinct;
  if (said.left !== '' || first !== undefined || distinct.length !== 1 || !only) {
    const what = distinct.map(({ hour, minute }) => words(hour, minute));
    const rest = said.left === '' ? '' : `, or what does “${shown(said.left)}” mean`;
    return { kind: 'ask', question: `${capital(listedOr(what.length > 0 ? what : [daysOfWeek(weekly)]))}${rest}?` };
  }
  const repeat = repeated(only.hour, only.minute);
  return { kind: 'repeat', repeat, at: nextOf(repeat, now) };
}

/** Every Monday and Thursday: all the days, where nothing else was said; undefined: no others were. */
function otherWeekdays({
  every,
  days,
  left,
}: {
  readonly every: readonly number[] | null;
  readonly days: readonly Item[];
  readonly left: string;
}): readonly number[] | undefined {
  const others = days.flatMap((item) => (item.kind === 'weekday' && item.which === 'plain' ? [item.weekday] : []));
  const isList = every !== null && others.length > 0 && others.length === days.length && AND.test(left);
  return isList ? [...new Set([...every, ...others])].sort() : undefined;
}

/** Between the days of a list, in the languages of phrase-languages.ts. */
export const AND = /^(?:and|und|et|y|e|и|[\s,])*$/u;
const WEEK = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
function daysOfWeek(days: readonly number[]): string {
  if (days.length === 7) return 'every day';
  if (days.join() === '1,2,3,4,5') return 'every weekday';
  return `every ${days.map((one) => WEEK[one - 1]).join(' and ')}`;
}
