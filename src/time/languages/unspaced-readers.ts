import { every, type Item, type Rule, type Span, unspaced } from '../phrase-items.ts';

const DIGITS = '〇一二三四五六七八九';
const TEN = '十';

/** Numbers in Chinese characters, up to 99, in digits. `two`: further signs for two. */
export function numerals(two: string): Rule {
  return unspaced(`[${DIGITS}零${TEN}${two}]+(?![曜昨])`, (word = '') => numberOf(word, two), true);
}

function numberOf(word: string, two: string): string | undefined {
  const digit = (sign: string): number => {
    if (two.includes(sign)) return 2;
    return sign === '零' ? 0 : DIGITS.indexOf(sign);
  };
  const at = word.indexOf(TEN);
  // 二〇二六 is said digit by digit; 零五 is a minute.
  if (at < 0) return [...word].map(digit).join('');
  if (at > 1 || word.length - at > 2) return undefined;
  return String((at === 0 ? 1 : digit(word.slice(0, 1))) * 10 + (word.length > at + 1 ? digit(word.slice(at + 1)) : 0));
}

type Unit = 'year' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';
const MONTHS = { year: 12, month: 1 } as const;
const DAYS = { week: 7, day: 1 } as const;
const MS = { hour: 3_600_000, minute: 60_000, second: 1_000 } as const;

/** One length after another: 1時間30分, 1時間半. */
export function spanOfUnits(units: readonly (readonly [RegExp, Unit])[], ago: boolean): Rule[1] {
  return (text = '') => {
    let span: Span = { months: 0, days: 0, ms: 0 };
    let rest = text;
    while (rest !== '') {
      const number = /^\d+(?:\.\d+)?/.exec(rest)?.[0] ?? '';
      const behind = rest.slice(number.length);
      const found = units.map(([pattern, name]) => [pattern.exec(behind)?.[0], name] as const).find(([word]) => word);
      const [word, name] = found ?? [];
      if (number === '' || !word || !name) return undefined;
      rest = behind.slice(word.length);
      const half = rest.startsWith('半') ? 0.5 : 0;
      rest = rest.slice(half === 0 ? 0 : 1);
      const more = lengthOf(Number(number) + half, name);
      if (!more) return undefined;
      span = { months: span.months + more.months, days: span.days + more.days, ms: span.ms + more.ms };
    }
    return { kind: 'span', span, ago };
  };
}

function lengthOf(count: number, unit: Unit): Span | undefined {
  if (unit in MS) return { months: 0, days: 0, ms: count * MS[unit as keyof typeof MS] };
  if (!Number.isInteger(count)) return undefined;
  if (unit in DAYS) return { months: 0, days: count * DAYS[unit as keyof typeof DAYS], ms: 0 };
  return { months: count * MONTHS[unit as keyof typeof MONTHS], days: 0, ms: 0 };
}

/** `names`: a sign for each day, Monday first; 天 is a Sunday as well. */
export function weekdayNamed(names: string, which: Extract<Item, { kind: 'weekday' }>['which']): Rule[1] {
  return (name = '') => ({ kind: 'weekday', weekday: numberOfDay(names, name), which });
}

/** All days that are named. `between`: what stands between them beside single signs. */
export function repeatedOn(names: string, between = ''): Rule[1] {
  return (text = '') => {
    const signs = [...(between === '' ? text.replace(/曜日?/g, '') : text.replace(new RegExp(between, 'g'), ''))];
    const days = signs.filter((sign) => names.includes(sign) || sign === '天').map((sign) => numberOfDay(names, sign));
    return every([...new Set(days)].sort());
  };
}

function numberOfDay(names: string, sign: string): number {
  return sign === '天' ? 7 : names.indexOf(sign) + 1;
}

/** A year, where one is said, a month and a day. */
export const monthDay: Rule[1] = (year, month, day) =>
  Number(month) > 12
    ? undefined
    : { kind: 'date', year: year === undefined ? null : Number(year), month: Number(month), day: Number(day) };
