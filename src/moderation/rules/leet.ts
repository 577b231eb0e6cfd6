import type { Folded } from '../../folding/fold.ts';

/** A sign or digit, and the letters that it may stand for. */
export const LEET: ReadonlyMap<string, readonly string[]> = new Map([
  ['0', ['o']],
  ['1', ['i', 'l']],
  ['!', ['i', 'l']],
  ['|', ['i', 'l']],
  ['2', ['z']],
  ['3', ['e']],
  ['€', ['e']],
  ['4', ['a']],
  ['@', ['a']],
  ['5', ['s']],
  ['$', ['s']],
  ['7', ['t']],
  ['+', ['t']],
  ['8', ['b']],
  ['9', ['g']],
]);
/** $5, A$5, R$10, 5€, $3k: its signs and digits stand for no letters. */
export const PRICE = /^(?:\p{L}{0,3}[$€]\d+(?:k|m|b|bn|mn|tn)?|\d+(?:k|m|b|bn|mn|tn)?[$€])$/iu;
const WORD = /[\p{L}\p{N}\p{M}@$!|+€]+/gu;
/** Signs at the edges of a word are punctuation. */
const INNER = /^([!|+]*)(.*?)([!|+]*)$/u;
const LETTER = /\p{L}/u;

/**
 * A folded text with letters for the digits and signs that stand for them, in words that have a letter: once for each way
 * to read those that stand for two. None where that changes nothing.
 */
export function lettered({ text, at }: Folded): readonly Folded[] {
  const readings = [0, 1].map((nth) => text.replace(WORD, (word) => inLetters(word, nth)));
  // One unit for one unit, so offsets stay.
  return [...new Set(readings)].filter((one) => one !== text).map((one) => ({ text: one, at }));
}

function inLetters(word: string, nth: number): string {
  if (PRICE.test(word)) return word;
  const [, before = '', inner = '', after = ''] = INNER.exec(word) ?? [];
  if (!LETTER.test(inner)) return word;
  const letters = inner.replace(/[\d@$!|+€]/g, (sign) => LEET.get(sign)?.[nth] ?? LEET.get(sign)?.[0] ?? sign);
  return before + letters + after;
}
