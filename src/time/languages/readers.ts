import { clock, type Rule } from '../phrase-items.ts';

export const UNREPEATABLE = { kind: 'unrepeatable' } as const;
export const numbered = (words: string, from = 1): Record<string, number> =>
  Object.fromEntries(words.split(' ').flatMap((word, at) => word.split('/').map((one) => [one, at + from])));
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
