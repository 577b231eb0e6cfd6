import type { Folded } from '../../folding/fold.ts';

/** A word of which some letters were made unreadable. Offsets are those of the original text. */
export interface Masked {
  /** Letters, and for each stretch without them how many are missing; none: nothing is known of the word. */
  readonly parts: readonly (string | Gap)[];
  readonly start: number;
  readonly end: number;
  /** Where it begins in the folded text. */
  readonly from: number;
  /** Its signs stand for nothing else, as a hyphen or a dot may. */
  readonly sure: boolean;
}

/** Letters that are missing: at least and at most so many. */
interface Gap {
  readonly least: number;
  readonly most: number;
}

const STARS = '*•●∗✱⁎█■▇';
/** f***, sh*t: letters with signs for the missing ones, or such signs alone. */
const WORD = new RegExp(`[\\p{L}\\p{M}${STARS}]+`, 'gu');
const MASK = new RegExp(`[${STARS}]`, 'u');
const RUN = new RegExp(`[${STARS}]+|[\\p{L}\\p{M}]`, 'gu');
const BARE = new RegExp(`^[${STARS}]{3,}$`, 'u');
/** What recognisers write in the place of a word: [bleep], [censored], and the [ __ ] of YouTube. */
const INSTEAD = new RegExp(
  `[[(<{]\\s*(?:bleep(?:ed|ing)?|beep|censored|expletive|redacted|masked|profanity|piep|bip|[_${STARS}]{2,})\\s*[\\])>}]`,
  'gu',
);
/** The word, and the mask of a whole one, that a rule for any of them is written with. */
const ANY = new RegExp(`^(?:[${STARS}]{3,}|${INSTEAD.source})$`, 'u');
const LETTERS = /^[\p{L}\p{M}]/u;
/**
 * f-ck, f.ck, f#ck, f@ck, f__k, f--k, f—k and s---: signs that stand for letters in longer words alone, since they mostly stand for
 * something else. A dash may stand for as many as there is room for.
 */
const LOOSE =
  /[\p{L}\p{M}]+(?:(?:[%&^~@$#]{1,4}|[._-]|-{2,5}|_{2,5}|\p{Extended_Pictographic}|[–—])[\p{L}\p{M}]+)+|[\p{L}\p{M}]-{2,6}(?![-\p{L}])/gu;
const LOOSE_RUN = /[\p{L}\p{M}]|[^\p{L}\p{M}]+/gu;
const DASH = /^[–—]$/;
const FEWEST_LOOSE = 4;
const MOST_DASHED = 3;
const EMPHASIS = new RegExp(`^([${STARS}]+)([^${STARS}]+)\\1$`, 'u');
/** One star behind fewer letters is a footnote. */
const FEWEST_BEFORE_ONE = 3;
/** With a star between all of them, so many letters may be a word without any missing. */
const FEWEST_BETWEEN = 3;

/** Whether a rule asks for any masked word: [bleep], ***. The text is folded. */
export function isAnyMasked(rule: string): boolean {
  return ANY.test(rule);
}

/** The masked words of a folded text, and the text with blanks in their place. */
export function maskedIn(folded: Folded): { readonly masks: readonly Masked[]; readonly text: string } {
  const masks: Masked[] = [];
  let { text } = folded;
  const put = (from: number, length: number, parts: Masked['parts']): void => {
    const [start = 0, end = 0] = [folded.at[from], folded.at[from + length]];
    masks.push({ parts, start, end, from, sure: true });
    // No blank, since what stood here was a word. Stars behind a word may be a footnote: it stays one.
    const first = typeof parts.at(-1) !== 'string' && parts.length > FEWEST_BEFORE_ONE ? parts.length - 1 : 0;
    text = text.slice(0, from + first) + '\ufffc'.repeat(length - first) + text.slice(from + length);
  };
  for (const { 0: instead, index } of text.matchAll(INSTEAD)) put(index, instead.length, []);
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const parts = partsOf(word);
    if (parts) put(index, word.length, parts);
  }
  for (const { 0: word, index } of text.matchAll(LOOSE)) {
    const parts = looseParts(word);
    const [start = 0, end = 0] = [folded.at[index], folded.at[index + word.length]];
    if (parts) masks.push({ parts, start, end, from: index, sure: false });
  }
  return { masks, text };
}

function looseParts(word: string): Masked['parts'] | undefined {
  const parts = (word.match(LOOSE_RUN) ?? []).map((run): string | Gap => {
    if (LETTERS.test(run)) return run;
    const signs = [...run].length;
    return DASH.test(run) ? { least: 1, most: MOST_DASHED } : { least: signs, most: signs };
  });
  const letters = parts.reduce((sum, part) => sum + (typeof part === 'string' ? 1 : part.most), 0);
  return letters < FEWEST_LOOSE ? undefined : parts;
}

/** The letters of f*u*c*k, which are all there; undefined: some are missing. */
export function starredOut({ parts }: Masked): readonly string[] | undefined {
  const letters = parts.filter((part) => typeof part === 'string');
  const alternate = parts.every((part, at) => (typeof part === 'string') === (at % 2 === 0));
  const isOne = parts.every((part) => typeof part === 'string' || part.least === 1);
  return alternate && isOne && letters.length >= FEWEST_BETWEEN ? letters : undefined;
}

function partsOf(word: string): Masked['parts'] | undefined {
  if (BARE.test(word)) return [];
  // **word** is a word in bold, and "* word" one of a list.
  if (!MASK.test(word) || EMPHASIS.test(word) || !LETTERS.test(word)) return undefined;
  const runs = word.match(RUN) ?? [];
  const parts: (string | Gap)[] = [];
  for (const [at, run] of runs.entries()) {
    if (LETTERS.test(run)) {
      parts.push(run);
      continue;
    }
    const inside = at < runs.length - 1;
    if (at === runs.length - 1 && run.length === 1 && at < FEWEST_BEFORE_ONE) return undefined;
    // One star may stand for the whole inside of a short word: f*k.
    parts.push({ least: run.length, most: inside && run.length === 1 ? 2 : run.length });
  }
  return parts;
}

/**
 * Whether the letters that are known fit. `letters`: of the rule, each telling what it takes. `open`: the word may begin
 * or end with something else. Tries places, not ways: letters times parts.
 */
export function fitsMasked(
  letters: readonly { readonly has: (letter: string) => boolean }[],
  { parts }: Masked,
  open: { readonly start: boolean; readonly end: boolean },
): boolean {
  const size = letters.length;
  // Which letters can come next, and whether a known one was among those before.
  let states = new Map<number, boolean>([[0, false]]);
  for (const part of parts) {
    const next = new Map<number, boolean>(open.start ? [[0, false]] : []);
    const reach = (at: number, isKnown: boolean): void => {
      next.set(at, (next.get(at) ?? false) || isKnown);
    };
    for (const [at, isKnown] of states) {
      if (at === size && open.end) reach(at, isKnown);
      else if (typeof part === 'string') {
        if (letters[at]?.has(part)) reach(at + 1, true);
      } else {
        for (let length = 1; length <= part.most; length += 1) {
          const isWhole = length >= part.least || (open.start && at === 0) || (open.end && at + length === size);
          if (at + length <= size && isWhole) reach(at + length, isKnown);
        }
      }
    }
    states = next;
  }
  return states.get(size) === true;
}
