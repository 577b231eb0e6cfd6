import type { Repeat } from '../ports/guild.ts';
import { otherLanguage } from './other-languages.ts';
import { hoursOf } from './phrase-clock.ts';
import { daysOf } from './phrase-days.ts';
import type { Item, Span } from './phrase-items.ts';
import { phraseLanguages, unspacedLanguages } from './phrase-languages.ts';
import { type DateOrder, LONGEST_PHRASE, readPhrase, readUnspaced } from './phrase-reading.ts';
import { clockWords, dayWords, wallWords } from './phrase-words.ts';
import { nextOf } from './repeats.ts';
import {
  type CalendarDay,
  compareDays,
  dayAt,
  instantOf,
  instantsOf,
  plusDays,
  plusMonths,
  startOfDay,
  wallTime,
  weekdayOf,
} from './zones.ts';

/** Where and when a phrase is said. Instants are ms since 1970. */
export interface PhraseContext {
  readonly now: number;
  /** Of the person or the server; null: nobody chose one. */
  readonly zone: string | null;
  /** Languages of the person, the likeliest first: `de`, `en-GB`. */
  readonly locales?: readonly string[];
  /** What is meant was before now. Default: it comes. */
  readonly past?: boolean;
}

/**
 * What a phrase means. `day`: from midnight to midnight, without a time of day. `ask`: a short question that says what was
 * understood. `refuse`: it was understood and cannot be. `zone`: it means a time of day, and nobody knows whose.
 */
export type Understood =
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'day'; readonly from: number; readonly to: number }
  | { readonly kind: 'repeat'; readonly repeat: Repeat; readonly at: number }
  | { readonly kind: 'ask'; readonly question: string }
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'zone' }
  /** Nothing of it is a time. */
  | { readonly kind: 'unknown' };

const ISO = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)? ?(Z|z|[+-]\d\d:?\d\d)$/;
/** A thousand years: calendars go on for longer, but not for as long as anybody can write. */
const MOST_MONTHS = 12_000;
const MOST_DAYS = 365_000;
/** 2½ and 2 1/2. */
const HALF = /(?:(\d{1,3})[ \u00a0]?)?½|(?<![\d/])(\d{1,3}) 1\/2(?=\s*\p{L})/gu;
const REPEATABLE = 'I can repeat a reminder every day, on weekdays or on days of the week, at one time of day.';

/**
 * What people mean by a time, in their words. Every word has to be understood: of what is half understood it asks.
 * Nothing depends on the time zone of the host.
 */
export function understand(words: string, context: PhraseContext): Understood {
  const text = words
    .replace(HALF, (_, one, other) => `${one ?? other ?? 0}.5`)
    .normalize('NFKC')
    .trim();
  const exact = ISO.exec(text);
  if (exact) return isoInstant(exact, context);
  const readings = readingsOf(text, context);
  const whole = readings.find(({ left, items }) => left === '' && items.length > 0);
  if (whole) return meaningOf(whole.items, context, '', text);
  // The best of the half understood ones: most of it.
  const some = readings.filter(({ items }) => items.length > 0);
  const [best] = (some.some(({ own }) => own) ? some.filter(({ own }) => own) : some).sort(
    (one, other) => one.left.length - other.left.length,
  );
  return best ? meaningOf(best.items, context, best.left, text) : { kind: 'unknown' };
}

/**
 * Makes what reading needs, for every language, and for texts in Latin and in other letters, which are compiled apart. It
 * takes a tenth of a second: at the start, when nobody is being spoken to.
 */
export function warmUp(): void {
  for (const words of ['nothing at all', 'ничего']) understand(words, { now: 0, zone: 'UTC' });
}

interface Reading {
  /** In a language of the person, or English. */
  readonly own: boolean;
  readonly items: readonly Item[];
  readonly left: string;
}

function* candidates({
  locales = [],
}: PhraseContext): Generator<{ code: string; order: DateOrder | null; own: boolean }> {
  const told = new Set<string>();
  for (const locale of [...locales, 'en', ...phraseLanguages.keys()]) {
    const code = locale.slice(0, 2).toLowerCase();
    if (told.has(code)) continue;
    told.add(code);
    const order = code === 'en' ? englishOrder(locale) : 'day-month';
    yield { code, order, own: code === 'en' || locales.some((one) => one.slice(0, 2).toLowerCase() === code) };
  }
}

/** Only Americans put the month first; where nobody knows, a date with slashes is asked back. */
function englishOrder(locale: string): DateOrder | null {
  if (locale.toLowerCase() === 'en-us') return 'month-day';
  return /^en-\w/i.test(locale) ? 'day-month' : null;
}

function readingsOf(text: string, context: PhraseContext): Reading[] {
  const readings: Reading[] = [];
  const hasWord = /\p{L}{2}/u.test(text.replace(/\d\s*(?:am|pm|h)\b/giu, ''));
  for (const { code, order, own } of candidates(context)) {
    // Figures alone are read as the person writes them, never as others do.
    if (!own && !hasWord) continue;
    const [language, other] = [phraseLanguages.get(code), unspacedLanguages.get(code)];
    const short = text.slice(0, LONGEST_PHRASE + 1);
    const reading = language
      ? readPhrase(short, language, order)
      : other
        ? readUnspaced(short, other)
        : otherLanguage(text, code, { ...context, zone: context.zone ?? 'UTC' });
    if (!reading) continue;
    readings.push({ ...reading, own, ...(text.length > LONGEST_PHRASE && { left: text }) });
    if (reading.left === '' && reading.items.length > 0) break;
  }
  return readings;
}

function meaningOf(items: readonly Item[], context: PhraseContext, left: string, text: string): Understood {
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

function isTooLong({ months, days, ms }: Span): boolean {
  return months > MOST_MONTHS || days > MOST_DAYS || ms > MOST_DAYS * 86_400_000;
}

/** Mondays and Thursdays: the days of all of them. */
function togetherOf(
  repeats: readonly Extract<Item, { kind: 'every' }>[],
): { readonly days: readonly number[] | null } | undefined {
  if (repeats.length === 0) return undefined;
  const days = repeats.flatMap((one) => one.days ?? []);
  return { days: days.length === 0 ? null : [...new Set(days)].sort() };
}

/**
 * In two weeks; and with a day, tomorrow in a week: so much later than it. A weekday may also be that of the week in which
 * so many weeks end.
 */
function behindSpan(
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

type Clock = Extract<Item, { kind: 'clock' }>;

/** Twelve o'clock at noon is one time, and so is one o'clock at noon. */
function clocksOf(clocks: readonly Clock[]): { readonly clocks: readonly Clock[]; readonly noon: boolean } {
  const named = clocks.find(({ mode }) => mode === 'noon' || mode === 'midnight');
  const [other, ...more] = clocks.filter((one) => one !== named);
  if (!named || !other || more.length > 0) return { clocks, noon: false };
  if (named.mode === 'noon') return { clocks: [other], noon: true };
  return other.hour % 12 === 0 && other.minute === 0 ? { clocks: [named], noon: false } : { clocks, noon: false };
}

type Wall = PhraseContext & { readonly zone: string };

function spanMeaning(
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

interface ClockSaid {
  readonly hours: ReturnType<typeof hoursOf>;
  /** null: no day was said. */
  readonly days: readonly CalendarDay[] | null;
  readonly left: string;
  readonly text: string;
}

function clockMeaning({ hours, days, left, text }: ClockSaid, context: Wall): Understood {
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

function literally(hours: ClockSaid['hours']): ClockSaid['hours'] {
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

function repeatMeaning(
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
const AND = /^(?:and|und|et|y|e|и|[\s,])*$/u;
const WEEK = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
function daysOfWeek(days: readonly number[]): string {
  if (days.length === 7) return 'every day';
  if (days.join() === '1,2,3,4,5') return 'every weekday';
  return `every ${days.map((one) => WEEK[one - 1]).join(' and ')}`;
}

function isoInstant(
  [, date, hour, minute, second = '00', zone = 'Z']: RegExpExecArray,
  { now, past = false }: PhraseContext,
): Understood {
  const offset = /^z$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const at = Date.parse(`${date}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(at)) return { kind: 'refuse', reason: 'No calendar has that day or that time.' };
  return !past && at <= now ? { kind: 'refuse', reason: 'That time is over already.' } : { kind: 'at', at };
}

function severalWords(items: readonly Item[]): string {
  const times = items.flatMap((item) => (item.kind === 'clock' ? [clockWords(item.hour, item.minute)] : []));
  return times.length > 1 ? `One reminder has one time: ${listedOr(times)}?` : 'Which of these times is meant?';
}

function leftWords(instants: readonly number[], left: string, { now, zone }: Wall): string {
  const times = instants.map((at) => `at ${wallWords(at, now, zone)}`);
  return `${capital(listedOr(times))}, or what does “${shown(left)}” mean?`;
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

function listedOr(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** What people said, short enough for a question, without what would break its quotes. */
function shown(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Co}“”"]/gu, '')
    .toWellFormed()
    .trim();
  return line.length > 60 ? `${line.slice(0, 59).replace(/[\ud800-\udbff]$/, '')}…` : line;
}
