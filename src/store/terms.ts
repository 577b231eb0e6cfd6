import type { TextSeal } from './text-seal.ts';

/** A word of a text as it is searched for, and where it stands there (UTF-16 units). */
export interface Term {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Scripts that put no space between words: every two neighbouring letters count as a word. */
const RUNS = /[\p{L}\p{N}\p{M}]+/gu;
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}ー]+/gu;
/** Accents may be left out in these; elsewhere such marks are vowels. */
const ACCENTS = /(?<=[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]\p{Mn}*)\p{Mn}+/gu;
/** Nobody says or searches for a longer word; a text without spaces must not make one token of itself. */
const LONGEST = 64;
/** In an encrypted database the beginnings of this length are indexed as well. */
const BEGINNING = 4;
/** A shorter beginning fits too many words. */
const SHORTEST_BEGINNING = 3;
/** More words than this do not make a search any more exact. */
const MOST_WORDS = 16;

/** The words of a text, folded: case, width and accents do not count. */
export function termsOf(text: string): Term[] {
  return [...text.matchAll(RUNS)].flatMap((run) => split(run[0], run.index));
}

/** What the index of words holds of a text. */
export function indexed(text: string, seal: TextSeal): string {
  const words = new Set(termsOf(text).map(({ word }) => word));
  const tokens = [...words].map((word) => seal.blind(word));
  if (seal.keyId === null) return tokens.join(' ');
  const beginnings = new Set([...words].flatMap((word) => beginningOf(word) ?? []));
  return [...tokens, ...[...beginnings].map((begin) => seal.blind(`${begin}*`))].join(' ');
}

/** The condition for an FTS5 MATCH on the column `text`; empty: no word to search for. */
export function matchOf(words: readonly string[], seal: TextSeal): string {
  return words.map((word) => wordMatch(word, seal)).join(' AND ');
}

/** The words that a search asks for, each once. */
export function askedWords(text: string): string[] {
  return [...new Set(termsOf(text).map(({ word }) => word))].slice(0, MOST_WORDS);
}

/** Whether a search for `asked` finds this word of a text. */
export function found(word: string, asked: string, seal: TextSeal): boolean {
  if (word === asked) return true;
  const length = [...asked].length;
  return word.startsWith(asked) && (seal.keyId === null ? length >= SHORTEST_BEGINNING : length === BEGINNING);
}

function wordMatch(word: string, seal: TextSeal): string {
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
  const word = folded(text);
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
    terms.push({ word: folded(letter), start, end });
    if (next !== undefined) terms.push({ word: folded(letter + next), start, end: end + next.length });
    start = end;
  }
  return terms.filter(({ word }) => word !== '');
}

function folded(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ');
  // Compatibility forms may bring signs that no token can hold.
  return [...plain.replace(/[^\p{L}\p{N}\p{M}]/gu, '')].slice(0, LONGEST).join('');
}
