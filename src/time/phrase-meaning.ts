import { clockMeaning } from './clock-meaning.ts';
import { hoursOf } from './phrase-clock.ts';
import { daysOf } from './phrase-days.ts';
import type { Item } from './phrase-items.ts';
import { capital, clockWords, dayWords, listedOr, shown } from './phrase-words.ts';
import { AND, repeatMeaning } from './repeat-meaning.ts';
import { behindSpan, isTooLong, spanMeaning } from './span-meaning.ts';
import type { PhraseContext, Understood, Wall } from './understood.ts';
import { type CalendarDay, dayAt, plusDays, startOfDay } from './zones.ts';

const REPEATABLE = 'I can repeat a reminder every day, on weekdays or on days of the week, at one time of day.';

/** What the items of a phrase mean together. `left`: the words that were not understood; `text`: all of them. */
export function meaningOf(items: readonly Item[], context: PhraseContext, left: string, text: string): Understood {
  const of = <K extends Item['kind']>(kind: K) =>
    items.filter((item): item is Extract<Item, { kind: K }> => item.kind === kind);
  const [{ clocks, noon }, spans, repeats] = [clocksOf(of('clock')), of('span'), of('every')];
  const days = items.filter(
    (item) => item.kind === 'day' || item.kind === 'weekday' || item.kind === 'date' || item.kind === 'monthday',
  );
  const parts = [...of('part').map(({ part }) => part), ...(noon ? (['noon'] as const) : [])];
  if (of('unrepeatable').length > 0) return { kind: 'refuse', reason: REPEATABLE };
  if (clocks.length > 1 || spans.length > 1) return { kind: 'ask', question: severalWords(items) };
  const [clock, span, every] = [clocks[0], spans[0], togetherOf(repeats)];
  if (span && isTooLong(span.span)) return { kind: 'refuse', reason: 'That is too many years away.' };
  const { zone, now, past = false } = context;
  if (span && !clock && days.length === 0 && parts.length === 0 && !every) {
    return spanMeaning(span, left, context);
  }
  if (zone === null) return { kind: 'zone' };
  const wall = { ...context, zone };
  if (every) {
    const rest = repeats.length > 1 && AND.test(left) ? '' : left;
    return repeatMeaning({ every: every.days, clock, days, parts, left: span ? text : rest }, wall);
  }
  const today = dayAt(now, zone);
  if (span && (span.span.ms > 0 || span.ago !== past || (days.length > 0 && past))) return { kind: 'unknown' };
  const named = daysOf(days, today, past);
  const found = span ? behindSpan(span.span, named, today, past) : named;
  if (found === 'contradiction' && left !== '') return { kind: 'unknown' };
  if (found === 'contradiction')
    return {
      kind: 'ask',
      question: `The day of the week and the date of “${shown(text)}” do not fit: which day is meant?`,
    };
  if (found?.length === 0) return { kind: 'refuse', reason: `There is no such day: “${shown(text)}”.` };
  if (!clock) return dayMeaning(found, parts, left, wall);
  return clockMeaning({ hours: hoursOf(clock, parts), days: found, left, text }, wall);
}

/** Mondays and Thursdays: the days of all of them. */
function togetherOf(
  repeats: readonly Extract<Item, { kind: 'every' }>[],
): { readonly days: readonly number[] | null } | undefined {
  if (repeats.length === 0) return undefined;
  const days = repeats.flatMap((one) => one.days ?? []);
  return { days: days.length === 0 ? null : [...new Set(days)].sort() };
}

type Clock = Extract<Item, { kind: 'clock' }>;

/** Twelve o'clock at noon is one time, and so is one o'clock at noon. */
function clocksOf(clocks: readonly Clock[]): { readonly clocks: readonly Clock[]; readonly noon: boolean } {
  const named = clocks.find(({ mode }) => mode === 'noon' || mode === 'midnight');
  const [other, ...more] = clocks.filter((one) => one !== named);
  if (!named || !other || more.length > 0) return { clocks, noon: false };
  if (named.mode === 'noon') return { clocks: [other], noon: true };
  return other.hour % 12 === 0 && other.minute === 0 ? { clocks: [named], noon: false } : { clocks, noon: false };
}

function dayMeaning(
  days: readonly CalendarDay[] | null,
  parts: readonly string[],
  left: string,
  context: Wall,
): Understood {
  const { now, zone, past = false } = context;
  const today = dayAt(now, zone);
  if (days === null) return { kind: 'unknown' };
  const named = listedOr(days.map((day) => dayWords(day, today)));
  const [day, ...more] = days as [CalendarDay, ...CalendarDay[]];
  if (past && left === '' && parts.length === 0 && more.length === 0) {
    return { kind: 'day', from: startOfDay(day, zone), to: startOfDay(plusDays(day, 1), zone) };
  }
  const behind = left === '' ? '' : `, and what does “${shown(left)}” mean`;
  const part = parts.length > 0 && more.length === 0 ? ` (${parts.join(', ')})` : '';
  return {
    kind: 'ask',
    question: past ? `${capital(named)}${part}${behind}?` : `${capital(named)}${part} at what time${behind}?`,
  };
}

function severalWords(items: readonly Item[]): string {
  const times = items.flatMap((item) => (item.kind === 'clock' ? [clockWords(item.hour, item.minute)] : []));
  return times.length > 1 ? `One reminder has one time: ${listedOr(times)}?` : 'Which of these times is meant?';
}
