import { isNative } from '../../folding/alphabets.ts';
import { type Folded, folded } from '../../folding/fold.ts';
import { unlatinized, unmasked } from '../../folding/look-alikes.ts';
import { keysOf } from './word-term.ts';
import { type Words, wordsOf } from './words-of.ts';

/** A text as it may be read: its letters, its words, and what tells quickly which rules can hold (keysOf). */
export interface Reading {
  /** As it is written. */
  readonly text: string;
  readonly folded: Folded;
  readonly words: Words;
  readonly keys: string;
}

const WORD = /[\p{L}\p{M}]+/gu;

/**
 * The ways to read a text: as it is written; without the marks of letters of their own, unless the text is in a language
 * that has them; and with the letters for which those of another script may stand.
 */
export function readingsOf(text: string): readonly Reading[] {
  const letters = folded(text, 'letters');
  const forms = [
    letters,
    plainOf(text, letters),
    unmasked(text, 'letters'),
    unmasked(text, 'plain'),
    unlatinized(text, 'letters'),
  ];
  const seen = new Set<string>();
  const readings: Reading[] = [];
  for (const form of forms) {
    if (!form || seen.has(form.text)) continue;
    seen.add(form.text);
    const words = wordsOf(form);
    readings.push({ text, folded: form, words, keys: keysOf(words) });
  }
  return readings;
}

function plainOf(text: string, letters: Folded): Folded | undefined {
  const plain = folded(text, 'plain');
  if (plain.text === letters.text) return undefined;
  const words = text.toLowerCase().normalize('NFC').match(WORD) ?? [];
  return isNative(words) ? undefined : plain;
}
