import { LEET } from './leet.ts';
import { fitsMasked } from './masked-word.ts';
import type { Candidate, Words } from './words-of.ts';

const LETTER = /\p{L}/u;
const LONG = 4;
const SEVERAL = 3;
/** Languages double letters, and so "good" is not "god"; three in a row are stretched. */
const STRETCHED = 3;
/** Of 274,937 English words of four letters or more that there are with a single one of these, 29 are there with two. */
const SELDOM_DOUBLED = /[iuhjqwxyиуыюя]/u;
/** In a rule it stands for a letter that is not told. */
const WILD = '*';
/** The letters of an alphabet come again and again; those of others are made each time. */
const LETTERS_KNOWN = 500;
const ACCEPTED = new Map<string, Accepted>();

/** What may stand for a letter: in words of digits alone, and in others. */
interface Accepted {
  readonly bare: Letters;
  readonly loose: Letters;
}
interface Letters {
  has(letter: string): boolean;
}

interface Run {
  readonly accepted: Accepted;
  readonly count: number;
  /** No more of them than that. */
  readonly wild: boolean;
}

/** A word of a rule. */
export interface Term {
  readonly runs: readonly Run[];
  /** Occurs in keysOf() of every text that holds the term. */
  readonly key: string;
  /** What each letter takes. */
  readonly letters: readonly Letters[];
  readonly numeric: boolean;
}

/** The letters of all candidates in a form in which one string search tells whether a rule can hold. */
export function keysOf({ words, joined, spaced }: Words): string {
  return [...words.flat(), ...joined, ...spaced].map(({ chars, lettered }) => keyOf(chars, lettered)).join(' ');
}

/** i, l and the dotless i are one here, since 1 stands for all of them; and a run of a letter counts once. */
function keyOf(chars: readonly string[], lettered: boolean): string {
  let key = '';
  for (const char of chars) {
    const letter = lettered ? (LEET.get(char)?.[0] ?? (char === 'l' || char === 'ı' ? 'i' : char)) : char;
    if (!key.endsWith(letter)) key += letter;
  }
  return key;
}

/** A word of letters, digits and WILD as what it takes. */
export function termOf(word: string): Term {
  const chars = [...word];
  const lettered = chars.some((char) => LETTER.test(char));
  const runs: { char: string; count: number }[] = [];
  for (const char of chars) {
    const last = runs.at(-1);
    if (last?.char === char) last.count += 1;
    else runs.push({ char, count: 1 });
  }
  const acceptedOf = (char: string): Accepted => {
    if (char === WILD) return ANYTHING;
    return lettered ? acceptedFor(char) : exactly(char);
  };
  const told = word.split(WILD).map((part) => keyOf([...part], lettered));
  return {
    key: told.reduce((longest, part) => (part.length > longest.length ? part : longest), ''),
    runs: runs.map(({ char, count }) => ({ count, accepted: acceptedOf(char), wild: char === WILD })),
    letters: chars.map((char) => acceptedOf(char).bare),
    numeric: !lettered && !word.includes(WILD),
  };
}

const ANYTHING: Accepted = { bare: { has: (char) => LETTER.test(char) }, loose: { has: (char) => LETTER.test(char) } };

function exactly(char: string): Accepted {
  const only = new Set([char]);
  return { bare: only, loose: only };
}

function acceptedFor(char: string): Accepted {
  const known = ACCEPTED.get(char);
  if (known) return known;
  const meant = LEET.get(char) ?? [char];
  // The capital of both is I.
  const bare = new Set([char, ...meant, ...(char === 'ı' ? ['i'] : [])]);
  const signs = [...LEET].filter(([, letters]) => letters.some((letter) => bare.has(letter)));
  const accepted = { bare, loose: new Set([...bare, ...signs.map(([sign]) => sign)]) };
  ACCEPTED.set(char, accepted);
  if (ACCEPTED.size > LETTERS_KNOWN) ACCEPTED.delete(char);
  return accepted;
}

/** Follows all ways of reading at once, in steps of letters times length: no rule can make it try them one by one. */
export function fits(
  term: Term,
  candidate: Candidate,
  open: { readonly start: boolean; readonly end: boolean },
): boolean {
  if (candidate.mask) return fitsMasked(term.letters, candidate.mask, open);
  return fitsExactly(term, candidate, open) || (!open.start && !open.end && isDoubled(term, candidate));
}

function fitsExactly(
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
  for (const run of runs) {
    measure(reach, chars, lettered ? run.accepted.loose : run.accepted.bare);
    if (!follow(reach, run, ends, next)) return false;
    [ends, next] = [next, ends];
    next.fill(0);
  }
  return open.end || ends[size] === 1;
}

/** How many letters from each place on are taken. */
function measure(reach: Uint32Array, chars: readonly string[], taken: Letters): void {
  for (let at = chars.length - 1; at >= 0; at--) {
    reach[at] = taken.has(chars[at] as string) ? (reach[at + 1] as number) + 1 : 0;
  }
}

/** Marks in `ends` where a run can end that begins at one of `starts`; false: nowhere. */
function follow(reach: Uint32Array, { count, wild }: Run, starts: Uint8Array, ends: Uint8Array): boolean {
  let some = false;
  let marked = 0;
  for (let at = 0; at < reach.length; at++) {
    const length = reach[at] as number;
    if (starts[at] !== 1 || length < count) continue;
    some = true;
    ends[at + count] = 1;
    if (wild) continue;
    // Of a stretch, every later beginning reaches no place that the first one does not.
    for (let end = Math.max(at + Math.max(STRETCHED, count + 1), marked + 1); end <= at + length; end++) ends[end] = 1;
    marked = Math.max(marked, at + length);
  }
  return some;
}

/**
 * Whether letters of the word are doubled as no language doubles them: three or all of them, one beside one that is
 * stretched, or one that is seldom doubled.
 */
function isDoubled({ runs, numeric, letters }: Term, { chars, lettered }: Candidate): boolean {
  if (numeric || !lettered || letters.length < STRETCHED || chars.length <= letters.length) return false;
  const stretches: { char: string; count: number }[] = [];
  for (const char of chars) {
    const last = stretches.at(-1);
    if (last?.char === char) last.count += 1;
    else stretches.push({ char, count: 1 });
    if (stretches.length > runs.length) return false;
  }
  if (stretches.length < runs.length) return false;
  const more: { char: string; count: number }[] = [];
  for (const [at, { accepted, count, wild }] of runs.entries()) {
    const stretch = stretches[at];
    if (!stretch || stretch.count < count || !accepted.loose.has(stretch.char)) return false;
    if (stretch.count === count) continue;
    if (wild) return false;
    more.push(stretch);
  }
  const [only] = more;
  if (more.length === 1) return letters.length >= LONG && SELDOM_DOUBLED.test(only?.char ?? '');
  return more.length >= SEVERAL || more.length === runs.length || more.some(({ count }) => count >= STRETCHED);
}
