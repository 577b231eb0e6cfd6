import type { CalendarDay } from './zones.ts';

/** A part of the day, as people add it to an hour. `tonight` is the evening of today. */
export type DayPart = 'morning' | 'afternoon' | 'evening' | 'night' | 'noon';

/** A length of time. Days and months are those of the calendar; the rest is exact. */
export interface Span {
  readonly months: number;
  readonly days: number;
  readonly ms: number;
}

/**
 * What the words of a phrase are. A clock is `exact` (18:30, 6 pm), `written` as on a 24-hour clock (9:00, 9 Uhr), or said
 * as on a 12-hour one (`twelve`: half past six).
 */
export type Item =
  | { readonly kind: 'part'; readonly part: DayPart }
  | { readonly kind: 'day'; readonly offset: number }
  /** `next`: the next one or that of the next week; `following`: that of the next week. */
  | {
      readonly kind: 'weekday';
      readonly weekday: number;
      readonly which: 'plain' | 'this' | 'next' | 'following' | 'last';
    }
  /** The 15th, of a month that is not said. */
  | { readonly kind: 'monthday'; readonly day: number }
  /** `swapped`: nobody knows which of two numbers is the month. */
  | ({ readonly kind: 'date'; readonly swapped?: boolean } & Omit<CalendarDay, 'year'> & {
        readonly year: number | null;
      })
  | {
      readonly kind: 'clock';
      readonly hour: number;
      readonly minute: number;
      readonly mode: 'exact' | 'written' | 'twelve' | 'noon' | 'midnight';
    }
  /** `days` null: once a week, on a day that has to be said. */
  | { readonly kind: 'every'; readonly days: readonly number[] | null }
  | { readonly kind: 'unrepeatable' }
  | { readonly kind: 'span'; readonly span: Span; readonly ago: boolean };

/** Words of a language and what they are: other words in their place, or items; undefined: not what it seemed. */
export type Rule = readonly [RegExp, (...groups: string[]) => string | Item | readonly Item[] | undefined];

/** One language in which people say times. Rules are tried in their order, on folded text. */
export interface PhraseLanguage {
  readonly code: string;
  /** Words for whole numbers. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Regular expressions for the units, one each. */
  readonly units: Readonly<Record<'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year', string>>;
  /** Hours without a word before them that are a length and no time of day, as an expression; null: there are none. */
  readonly bareHour: string | null;
  /** Between two parts of a span. */
  readonly and: string;
  /** Around a span: `in ~`, `~ ago`. */
  readonly ahead: readonly string[];
  readonly ago: readonly string[];
  /** Applied before spans: halves and quarters become decimals. */
  readonly spans: readonly Rule[];
  readonly rules: readonly Rule[];
  /** Words that may be left out without changing what is meant. */
  readonly fillers: string;
}

/** Letters without marks and case, so that `mañana` and `manana` are one. */
export function folded(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}|[\u200b-\u200d\u2060\ufeff]/gu, '')
    .replace(/[’‘ʼ`´]/g, "'")
    .replace(/\s+/gu, ' ')
    .trim();
}

/**
 * Letters and digits as a class of few ranges: those of Unicode's properties make a regular expression ten times as slow to
 * compile, and there are hundreds of them.
 */
export const WORD_SIGNS = 'a-z0-9\\u00aa\\u00b5\\u00ba-\\u1fff\\u2c00-\\ud7ff';

export const LETTER_SIGNS = WORD_SIGNS.replace('0-9', '');

/** A rule for whole words. `source` is folded as the text is. */
export function rule(source: string, read: Rule[1]): Rule {
  return [new RegExp(`(?<![${WORD_SIGNS}]|\\d[.,:])(?:${folded(source)})(?![${WORD_SIGNS}])`, 'gu'), read];
}

/** A language that puts no space between words. Rules are tried in their order, on folded text. */
export interface UnspacedLanguage {
  readonly code: string;
  readonly rules: readonly Rule[];
  /** Words that may be left out without changing what is meant. */
  readonly fillers: RegExp;
}

/** A rule for such a language, wherever the words stand. `whole`: it is given all that was found. */
export function unspaced(source: string, read: Rule[1], whole = false): Rule {
  return [new RegExp(whole ? `(${folded(source)})` : folded(source), 'gu'), read];
}

/** `source` stands for these items. */
export function says(source: string, ...items: readonly Item[]): Rule {
  return rule(source, () => items);
}

/** An hour and a minute that a clock can show; undefined otherwise. */
export function clock(
  hour: number,
  minute: number,
  mode: Extract<Item, { kind: 'clock' }>['mode'],
): Extract<Item, { kind: 'clock' }> | undefined {
  // Half past twelve is 12:30, half an hour before one is too.
  const before = minute < 0 ? { hour: (hour + 23) % 24, minute: minute + 60 } : { hour, minute };
  const shown = mode === 'twelve' && before.hour === 0 ? { ...before, hour: 12 } : before;
  if (shown.hour > 23 || shown.minute > 59 || shown.hour < 0) return undefined;
  const unmistakable = shown.hour > 12 || (shown.hour === 0 && mode !== 'twelve');
  return { kind: 'clock', ...shown, mode: (mode === 'twelve' || mode === 'written') && unmistakable ? 'exact' : mode };
}

export const part = (name: DayPart): Item => ({ kind: 'part', part: name });
export const day = (offset: number): Item => ({ kind: 'day', offset });
export const every = (days: readonly number[] | null): Item => ({ kind: 'every', days });

/** Rules for the days of the week. `names`: an expression each, Monday first; around them, `~` stands for a name. */
export function weekdays(
  names: readonly string[],
  around: { every: readonly string[]; next: readonly string[]; this: readonly string[]; last: readonly string[] },
  plain: readonly string[],
): Rule[] {
  const all = names.map((name) => `(?:${name})`);
  const forms = (templates: readonly string[], make: (weekday: number) => Item): Rule[] =>
    templates.flatMap((template) =>
      all.map((name, at) =>
        says(
          template.replace('~', () => name),
          make(at + 1),
        ),
      ),
    );
  const which = (kind: 'this' | 'next' | 'last' | 'plain') => (weekday: number) =>
    ({ kind: 'weekday', weekday, which: kind }) as const;
  return [
    ...forms(around.every, (weekday) => every([weekday])),
    ...forms(around.next, which('next')),
    ...forms(around.last, which('last')),
    ...forms(around.this, which('this')),
    ...forms(plain, which('plain')),
  ];
}

/** Rules for dates with the month in words. `~` stands for the month; group 1 of a template is the day, group 2 the year. */
export function dates(locale: string, templates: readonly string[]): Rule[] {
  const rules: Rule[] = [];
  for (let month = 1; month <= 12; month++) {
    const name = monthNames(locale, month).join('|');
    for (const template of templates) {
      rules.push(
        rule(
          template.replace('~', () => `(?:${name})\\.?`),
          (number, year) => {
            const told = year === undefined || year === '' ? null : Number(year);
            return { kind: 'date', year: told, month, day: Number(number) };
          },
        ),
      );
    }
  }
  return rules;
}

function monthNames(locale: string, month: number): readonly string[] {
  const at = Date.UTC(2026, month - 1, 15);
  const named = (options: Intl.DateTimeFormatOptions): string => {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options }).formatToParts(at);
    return folded(parts.find(({ type }) => type === 'month')?.value ?? '').replaceAll('.', '');
  };
  const names = [
    named({ day: 'numeric', month: 'long' }),
    named({ month: 'long' }),
    named({ day: 'numeric', month: 'short' }),
    named({ month: 'short' }),
  ];
  // Intl shortens September to "Sept" in Britain; people write "Sep" as well.
  const all = [...names, ...names.map((name) => name.slice(0, 3))].filter((name) => name.length >= 3);
  return [...new Set(all)].sort((one, other) => other.length - one.length);
}
