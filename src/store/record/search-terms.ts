import { type Folded, folded } from '../../folding/fold.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';

/** A word of a text as it is searched for, and where it stands there (UTF-16 units). */
export interface Term {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Which form termsOf() and indexed() give words, counted up with every change of it: an index in an earlier one is made
 * anew (reindexing.ts). 2: folded by script. 3: Hangul in pairs, the nasals of Hindi.
 */
export const WORD_FORM = 3;
/** Words of a folded text; between Hebrew letters also the signs of abbreviations. */
const RUNS = /[\p{L}\p{N}\p{M}]+(?:(?<=\p{sc=Hebr})[\u05f3\u05f4"'](?=\p{sc=Hebr})[\p{L}\p{N}\p{M}]+)*/gu;
/**
 * Scripts that put no space between words, or as Korean hang what belongs to a word at its end: every two neighbouring
 * letters count as a word.
 */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Hang}ー]+/gu;
const UNSPACED_LETTER = new RegExp(`^${UNSPACED.source.slice(0, -1)}$`, 'u');
const UNSPACED_PAIR = new RegExp(`^${UNSPACED.source.slice(0, -1)}{2}$`, 'u');
/** Stands within words of Persian and Urdu, where some write a space and others nothing. */
const NON_JOINER = /(?<=\p{sc=Arab}\p{M}*)\u200c(?=\p{sc=Arab})/gu;
/** Nobody says or searches for a longer word; a text without spaces must not make one token of itself. */
const LONGEST = 64;
/** In an encrypted database the beginnings of this length are indexed as well. */
const BEGINNING = 4;
/** A shorter beginning fits too many words. */
const SHORTEST_BEGINNING = 3;
/** All that Discord lets somebody type into a search: of a script without spaces, each letter and each pair. */
const MOST_WORDS = 400;

/** The words of a text, folded as deep as it goes: no mark, letter form, case or width counts. */
export function termsOf(text: string): Term[] {
  const terms = termsIn(folded(text, 'search'));
  const apart = text.replace(NON_JOINER, ' ');
  if (apart === text) return terms;
  const isNew = ({ start, end }: Term): boolean => !terms.some((term) => term.start === start && term.end === end);
  return [...terms, ...termsIn(folded(apart, 'search')).filter(isNew)];
}

function termsIn({ text, at }: Folded): Term[] {
  const terms = [...text.matchAll(RUNS)].flatMap((run) => split(run[0], run.index));
  return terms.map(({ word, start, end }) => ({ word, start: at[start] ?? 0, end: at[end] ?? 0 }));
}

/** What the index of words holds of a text. */
export function indexed(text: string, seal: TextCipher): string {
  const words = new Set(termsOf(text).map(({ word }) => word));
  const tokens = [...words].map((word) => seal.blind(word));
  if (seal.keyId === null) return tokens.join(' ');
  const beginnings = new Set([...words].flatMap((word) => beginningOf(word) ?? []));
  return [...tokens, ...[...beginnings].map((begin) => seal.blind(`${begin}*`))].join(' ');
}

/** The condition for an FTS5 MATCH on the column `text`; empty: no word to search for. */
export function matchOf(words: readonly string[], seal: TextCipher): string {
  return words.map((word) => wordMatch(word, seal)).join(' AND ');
}

/** The words that a search asks for, each once. A pair of letters says all that each of them would. */
export function askedWords(text: string): string[] {
  const all = termsIn(folded(text, 'search'));
  const pairs = all.filter(({ word }) => UNSPACED_PAIR.test(word));
  const [starts, ends] = [new Set(pairs.map(({ start }) => start)), new Set(pairs.map(({ end }) => end))];
  const isIn = ({ start, end }: Term): boolean => starts.has(start) || ends.has(end);
  const terms = all.filter((one) => !UNSPACED_LETTER.test(one.word) || !isIn(one));
  return [...new Set(terms.map(({ word }) => word))].slice(0, MOST_WORDS);
}

/** Whether a search for `asked` finds this word of a text. */
export function found(word: string, asked: string, seal: TextCipher): boolean {
  if (word === asked) return true;
  const length = [...asked].length;
  return word.startsWith(asked) && (seal.keyId === null ? length >= SHORTEST_BEGINNING : length === BEGINNING);
}

function wordMatch(word: string, seal: TextCipher): string {
  const length = [...word].length;
  if (seal.keyId === null) return length >= SHORTEST_BEGINNING ? `"${word}" *` : `"${word}"`;
  if (length !== BEGINNING) return `"${seal.blind(word)}"`;
  return `("${seal.blind(word)}" OR "${seal.blind(`${word}*`)}")`;
}

function beginningOf(word: string): string | undefined {
  const letters = [...word];
  return letters.length > BEGINNING ? letters.slice(0, BEGINNING).join('') : undefined;
}

function split(run: string, at: number): Term[] {
  const terms: Term[] = [];
  let from = 0;
  for (const { 0: unspaced, index } of run.matchAll(UNSPACED)) {
    terms.push(...whole(run.slice(from, index), at + from), ...pairs(unspaced, at + index));
    from = index + unspaced.length;
  }
  return [...terms, ...whole(run.slice(from), at + from)];
}

function whole(text: string, start: number): Term[] {
  const word = tokenOf(text);
  return word === '' ? [] : [{ word, start, end: start + text.length }];
}

/** Each letter alone, and each with the next one. */
function pairs(text: string, at: number): Term[] {
  const terms: Term[] = [];
  let start = at;
  const letters = [...text];
  for (const [index, letter] of letters.entries()) {
    const end = start + letter.length;
    const next = letters[index + 1];
    terms.push({ word: tokenOf(letter), start, end });
    if (next !== undefined) terms.push({ word: tokenOf(letter + next), start, end: end + next.length });
    start = end;
  }
  return terms.filter(({ word }) => word !== '');
}

function tokenOf(text: string): string {
  return [...text.replace(/[^\p{L}\p{N}\p{M}]/gu, '')].slice(0, LONGEST).join('');
}
