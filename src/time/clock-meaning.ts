import type { hoursOf } from './phrase-clock.ts';
import { capital, clockWords, dayWords, listedOr, shown, wallWords } from './phrase-words.ts';
import type { Understood, Wall } from './understood.ts';
import { type CalendarDay, dayAt, instantOf, instantsOf, plusDays } from './zones.ts';

interface ClockSaid {
  readonly hours: ReturnType<typeof hoursOf>;
  /** null: no day was said. */
  readonly days: readonly CalendarDay[] | null;
  readonly left: string;
  readonly text: string;
}

/** At half past six, on the days that were said or the nearest one. Asks where several instants fit. */
export function clockMeaning({ hours, days, left, text }: ClockSaid, context: Wall): Understood {
  const { now, zone, past = false } = context;
  const today = dayAt(now, zone);
  if (hours.length === 0)
    return { kind: 'ask', question: `The time and the part of the day in “${shown(text)}” do not fit: what is meant?` };
  // In what was, a written time is what it says.
  const read = past || days !== null ? literally(hours) : hours;
  const all = read.flatMap((one) => {
    const said = days ?? [-1, 0, 1].map((offset) => plusDays(today, offset));
    return said.map((day) => {
      const wall = { ...plusDays(day, one.nextDay ? 1 : 0), hour: one.hour, minute: one.minute };
      return { wall, instants: instantsOf(wall, zone), hour: one };
    });
  });
  const skipped = all.filter(({ instants }) => instants.length === 0);
  const told = all.flatMap(({ instants, hour }) => {
    const fit = instants.filter((at) => (past ? at <= now : at > now));
    const at = past ? fit.at(-1) : fit[0];
    return at === undefined ? [] : [{ at, hour }];
  });
  const nearest = days === null ? nearestOfEach(told, past) : told;
  const instants = [...new Set(nearest.map(({ at }) => at))].sort((one, other) => one - other);
  const over = past ? undefined : skipped.find(({ wall }) => isNext(instantOf(wall, zone), instants, days, now));
  if (over) {
    const { wall } = over;
    const later = wallWords(instantOf(wall, zone), now, zone);
    return {
      kind: 'ask',
      question: `The clocks skip ${clockWords(wall.hour, wall.minute)} ${dayWords(wall, today)}: at ${later}?`,
    };
  }
  if (left !== '' && instants.length === 0) return { kind: 'unknown' };
  if (left !== '') return { kind: 'ask', question: leftWords(instants, left, context) };
  const [first, ...more] = instants;
  if (more.length > 0 && days && days.length > 1) {
    return { kind: 'ask', question: `${capital(listedOr(days.map((day) => dayWords(day, today))))}?` };
  }
  if (first !== undefined && more.length === 0) return { kind: 'at', at: first };
  if (first !== undefined) {
    return { kind: 'ask', question: `${capital(listedOr(instants.map((at) => `at ${wallWords(at, now, zone)}`)))}?` };
  }
  return overMeaning(all[0]?.wall, { hours, days }, context);
}

/** Whether a time that the clocks skip is what was meant: of the day that was said, or before all others. */
function isNext(at: number, instants: readonly number[], days: readonly CalendarDay[] | null, now: number): boolean {
  return days !== null || (at > now && instants.every((one) => at < one));
}

/** 6:30 today, said at noon: it is over, and the evening may be meant. */
function overMeaning(
  wall: (CalendarDay & { hour: number; minute: number }) | undefined,
  { hours, days }: Pick<ClockSaid, 'hours' | 'days'>,
  { now, zone, past = false }: Wall,
): Understood {
  const others = hours
    .filter(({ literal }) => !literal)
    .flatMap(({ hour, minute }) => (days ?? []).flatMap((day) => instantsOf({ ...day, hour, minute }, zone)));
  const ahead = past ? undefined : others.find((at) => at > now);
  if (ahead !== undefined) return { kind: 'ask', question: `At ${wallWords(ahead, now, zone)}?` };
  const told = wall ? `${clockWords(wall.hour, wall.minute)} ${dayWords(wall, dayAt(now, zone))}` : 'That time';
  return { kind: 'refuse', reason: past ? `${told} is not over yet.` : `${told} is over already.` };
}

/** The readings that are what the words say; all, where none is. */
export function literally(hours: ClockSaid['hours']): ClockSaid['hours'] {
  const literal = hours.filter((one) => one.literal);
  return literal.length > 0 ? literal : hours;
}

/** Where no day was said, each reading means its next time, or the one just before. */
function nearestOfEach<T extends { readonly at: number; readonly hour: { hour: number; nextDay?: boolean } }>(
  told: readonly T[],
  past: boolean,
): readonly T[] {
  const nearest = new Map<number, T>();
  for (const one of [...told].sort((a, b) => (past ? b.at - a.at : a.at - b.at))) {
    if (!nearest.has(one.hour.hour)) nearest.set(one.hour.hour, one);
  }
  return [...nearest.values()];
}

function leftWords(instants: readonly number[], left: string, { now, zone }: Wall): string {
  const times = instants.map((at) => `at ${wallWords(at, now, zone)}`);
  return `${capital(listedOr(times))}, or what does “${shown(left)}” mean?`;
}
