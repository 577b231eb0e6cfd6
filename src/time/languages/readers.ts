import { clock, folded, type Rule } from '../phrase-items.ts';

export const UNREPEATABLE = { kind: 'unrepeatable' } as const;
export const numbered = (words: string, from = 1): Record<string, number> =>
  Object.fromEntries(words.split(' ').flatMap((word, at) => word.split('/').map((one) => [one, at + from])));
/** Twenty-one and the like: `join` puts the words of a ten and a unit together, as an expression. */
export const composed = (
  tens: Readonly<Record<string, number>>,
  units: Readonly<Record<string, number>>,
  join: (ten: string, unit: string, value: number) => string,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(tens).flatMap(([ten, many]) =>
      Object.entries(units)
        .filter(([, value]) => value < 10)
        .map(([unit, value]) => [join(ten, unit, value), many + value] as const),
    ),
  );
/** The words for the days of a month, from the first on, as an expression, and the number with `behind` in their place. */
export const ordinals = (
  words: readonly string[],
  behind: string,
): { readonly source: string; readonly read: Rule[1] } => {
  const all = words.map((word) => folded(word));
  const source = [...words].sort((one, other) => other.length - one.length).join('|');
  return { source, read: (word = '') => `${all.indexOf(word) + 1}${behind}` };
};
/** Behind a day of the week that is repeated: `mondays and ~`. */
export const LISTED = '(?<=[\\ue000-\\uf8ff].*)~';
export const hm = (mode: 'exact' | 'written' | 'twelve', sign = 1): Rule[1] => {
  return (hour, minute) => clock(Number(hour), sign * Number(minute ?? 0), mode);
};
/** The minutes stand before the hour: five to nine. */
export const mh = (sign: 1 | -1, base = 0): Rule[1] => {
  return (minute, hour) => clock(Number(hour), base + sign * Number(minute), 'twelve');
};
export const at = (minute: number): Rule[1] => {
  return (hour) => clock(Number(hour), minute, 'twelve');
};
const noon = clock(12, 0, 'noon');
const midnight = clock(0, 0, 'midnight');
export const NOON = noon ? [noon] : [];
export const MIDNIGHT = midnight ? [midnight] : [];
/** 18:30, with the part of the day behind it as an item of its own. */
export const COLON = '(\\d{1,2}):(\\d{2})';
