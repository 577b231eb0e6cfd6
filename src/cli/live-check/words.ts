import { distance } from 'fastest-levenshtein';
import { fold } from '../../folding/fold.ts';

/** How alike two sentences are, 0–1: case, accents and punctuation aside, by the letters that have to be changed. */
export function likeness(said: string, written: string): number {
  const [one, other] = [lettersOf(said), lettersOf(written)];
  const longest = Math.max(one.length, other.length);
  return longest === 0 ? 1 : 1 - distance(one, other) / longest;
}

function lettersOf(text: string): string {
  return fold(text, 'search')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
