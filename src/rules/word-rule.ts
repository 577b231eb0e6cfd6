import { folded } from './folding.ts';
import { LEET } from './leet.ts';
import type { Candidate, Words } from './words-of.ts';

/** Scripts that put no space between words: a rule in them holds within longer runs, too. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const LETTER = /\p{L}/u;
/** Languages double letters, and so "good" is not "god"; three in a row are stretched. */
const STRETCHED = 3;
const MOST_LETTERS = 100;
/** The letters of an alphabet come again and again; those of others are made each time. */
const LETTERS_KNOWN = 500;
const ACCEPTED = new Map<string, Accepted>();

/** What may stand for a letter: in words of digits alone, and in others. */
interface Accepted {
  readonly bare: ReadonlySet<string>;
  readonly loose: ReadonlySet<string>;
}

interface Run {
  readonly accepted: Accepted;
  readonly count: number;
}

interface Term {
  readonly runs: readonly Run[];
  /** Occurs in keysOf() of every text that holds the term. */
  readonly key: string;
}

/**
 * Words as Discord's AutoMod takes them: `cat` is the whole word, `cat*` a beginning, `*cat` an end, `*cat*` any place;
 * several words are a phrase. https://docs.discord.com/developers/resources/auto-moderation#auto-moderation-rule-object-keyword-matching-strategies
 */
export class WordRule {
  readonly #terms: readonly Term[];
  readonly #together: Term;
  readonly #open: { readonly start: boolean; readonly end: boolean };

  /** Throws RangeError with a sentence for people. */
  constructor(text: string) {
    const trimmed = text.trim();
    const open = { start: trimmed.startsWith('*'), end: trimmed.endsWith('*') };
    const bare = trimmed.replace(/^\*+|\*+$/g, '');
    if (bare.includes('*')) throw new RangeError('A * can only stand at the beginning and at the end.');
    const words = folded(bare).text.match(/[\p{L}\p{N}\p{M}@$!|+€]+/gu) ?? [];
    const letters = words.join('');
    if (letters === '') throw new RangeError('There is no letter and no digit in it.');
    if (letters.length > MOST_LETTERS) throw new RangeError(`It has more than ${MOST_LETTERS} letters.`);
    const unspaced = UNSPACED.test(letters);
    this.#open = { start: open.start || unspaced, end: open.end || unspaced };
    this.#terms = words.map(termOf);
    this.#together = termOf(letters);
  }

  /** Whether the text behind these keys (keysOf) may hold it. */
  possible(keys: string): boolean {
    return this.#terms.every(({ key }) => keys.includes(key)) || keys.includes(this.#together.key);
  }

  /** Every place where it stands in the text. */
  *find({ words, joined, spaced }: Words): Generator<{ readonly start: number; readonly end: number }> {
    const last = this.#terms.length - 1;
    for (let at = 0; at + last < words.length; at++) {
      const hits = this.#terms.map((term, nth) => {
        const open = { start: nth === 0 && this.#open.start, end: nth === last && this.#open.end };
        return words[at + nth]?.find((candidate) => fits(term, candidate, open));
      });
      const [first, end] = [hits[0], hits[last]];
      if (first && end && hits.every(Boolean)) yield { start: first.start, end: end.end };
    }
    for (const one of joined) if (fits(this.#together, one, SHUT)) yield one;
    for (const one of spaced) if (fits(this.#together, one, OPEN) && this.#together.runs.length > 1) yield one;
  }
}

const SHUT = { start: false, end: false };
const OPEN = { start: true, end: true };

/** The letters of all candidates in a form in which one string search tells whether a rule can hold. */
export function keysOf({ words, joined, spaced }: Words): string {
  return [...words.flat(), ...joined, ...spaced].map(({ chars, lettered }) => keyOf(chars, lettered)).join(' ');
}

/** i and l are one here, since 1 stands for both; and a run of a letter counts once. */
function keyOf(chars: readonly string[], lettered: boolean): string {
  let key = '';
  for (const char of chars) {
    const letter = lettered ? (LEET.get(char)?.[0] ?? (char === 'l' ? 'i' : char)) : char;
    if (!key.endsWith(letter)) key += letter;
  }
  return key;
}

function termOf(word: string): Term {
  const chars = [...word];
  const lettered = chars.some((char) => LETTER.test(char));
  const runs: { char: string; count: number }[] = [];
  for (const char of chars) {
    const last = runs.at(-1);
    if (last?.char === char) last.count += 1;
    else runs.push({ char, count: 1 });
  }
  return {
    key: keyOf(chars, lettered),
    runs: runs.map(({ char, count }) => ({ count, accepted: lettered ? acceptedFor(char) : exactly(char) })),
  };
}

function exactly(char: string): Accepted {
  const only = new Set([char]);
  return { bare: only, loose: only };
}

function acceptedFor(char: string): Accepted {
  const known = ACCEPTED.get(char);
  if (known) return known;
  const meant = LEET.get(char) ?? [char];
  const bare = new Set([char, ...meant]);
  const signs = [...LEET].filter(([, letters]) => letters.some((letter) => meant.includes(letter)));
  const accepted = { bare, loose: new Set([...bare, ...signs.map(([sign]) => sign)]) };
  ACCEPTED.set(char, accepted);
  if (ACCEPTED.size > LETTERS_KNOWN) ACCEPTED.delete(char);
  return accepted;
}

/** Follows all ways of reading at once, in steps of letters times length: no rule can make it try them one by one. */
function fits(
  { runs }: Term,
  { chars, lettered }: Candidate,
  open: { readonly start: boolean; readonly end: boolean },
): boolean {
  const size = chars.length;
  if (!open.start && !(lettered ? runs[0]?.accepted.loose : runs[0]?.accepted.bare)?.has(chars[0] ?? '')) return false;
  // Made once for all runs: small buffers by the thousand keep the garbage collector busy.
  const reach = new Uint32Array(size + 1);
  let ends = new Uint8Array(size + 1).fill(open.start ? 1 : 0, 1);
  let next = new Uint8Array(size + 1);
  ends[0] = 1;
  for (const { accepted, count } of runs) {
    measure(reach, chars, lettered ? accepted.loose : accepted.bare);
    if (!follow(reach, count, ends, next)) return false;
    [ends, next] = [next, ends];
    next.fill(0);
  }
  return open.end || ends[size] === 1;
}

/** How many letters from each place on are taken. */
function measure(reach: Uint32Array, chars: readonly string[], taken: ReadonlySet<string>): void {
  for (let at = chars.length - 1; at >= 0; at--) {
    reach[at] = taken.has(chars[at] as string) ? (reach[at + 1] as number) + 1 : 0;
  }
}

/** Marks in `ends` where a run can end that begins at one of `starts`; false: nowhere. */
function follow(reach: Uint32Array, count: number, starts: Uint8Array, ends: Uint8Array): boolean {
  let some = false;
  let marked = 0;
  for (let at = 0; at < reach.length; at++) {
    const length = reach[at] as number;
    if (starts[at] !== 1 || length < count) continue;
    some = true;
    ends[at + count] = 1;
    // Of a stretch, every later beginning reaches no place that the first one does not.
    for (let end = Math.max(at + Math.max(STRETCHED, count + 1), marked + 1); end <= at + length; end++) ends[end] = 1;
    marked = Math.max(marked, at + length);
  }
  return some;
}
