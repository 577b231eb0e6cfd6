import { fold } from '../../folding/fold.ts';
import { oneScript } from '../../folding/look-alikes.ts';
import { fitsMasked, isAnyMasked, type Masked } from './masked-word.ts';
import type { Reading } from './readings.ts';
import { SignRule } from './sign-rule.ts';
import { fits, type Term, termOf } from './word-term.ts';
import type { Candidate } from './words-of.ts';

/** Scripts that put no space between words: a rule in them holds within longer runs, too. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const MOST_LETTERS = 100;
/** In shorter ones a hyphen or a dot stands for itself. */
const LONG = 4;
const SEEN = /[\p{L}\p{N}\p{S}\p{P}]/u;
const NUMBER_ALONE = /^\p{N}+$/u;
/** What the words of a rule are made of, and what may stand between them without being a sign that counts. */
const WORDS = /[\p{L}\p{N}\p{M}*]+/gu;
const PLAIN = /^(?:[\p{L}\p{N}\p{M}*\s]|(?<=[\p{L}\p{N}\p{M}])['’ʼ`´‐‑-](?=[\p{L}\p{N}\p{M}]))+$/u;
const DOTTED = /[iİ]/u;
const SHUT = { start: false, end: false };
/** What a rule for any masked word is told by. */
const ANY = '[bleep]';

/** A stretch of the original text, in UTF-16 units. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Words as Discord's AutoMod takes them: `cat` is the whole word, `cat*` a beginning, `*cat` an end, `*cat*` any place;
 * several words are a phrase; with signs, it is these signs. https://docs.discord.com/developers/resources/auto-moderation#auto-moderation-rule-object-keyword-matching-strategies
 * Beside that, a `*` within a word is one letter, and `[bleep]` or `***` any word that was made unreadable.
 */
export class WordRule {
  /** The same for all rules that are the same word, by case, width, or sign for a letter. */
  readonly identity: string;
  readonly #signs: SignRule | undefined;
  readonly #anyMasked: boolean;
  readonly #terms: readonly Term[];
  readonly #together: Term;
  readonly #open: { readonly start: boolean; readonly end: boolean };
  /** What each letter takes, where letters are missing: as it is folded, and with one letter for ß and the like. */
  readonly #maskable: readonly Term['letters'][];
  /** Has an ı, and no i: a capital I in the text may be that, a small i never. */
  readonly #dotless: boolean;

  /** Throws RangeError with a sentence for people. */
  constructor(text: string) {
    const whole = oneScript(text.trim(), 'letters').trim();
    this.#anyMasked = isAnyMasked(whole);
    // Stars at one end alone, more than one of them, are letters that are left out: f***.
    const isMask = /^(?!\*).*[\p{L}\p{N}]\*{2,}$/u.test(whole);
    const bare = isMask ? whole : whole.replace(/^\*+|\*+$/gu, '');
    const open = { start: whole.startsWith('*'), end: !isMask && whole.endsWith('*') };
    const words = this.#anyMasked ? [] : (bare.match(WORDS) ?? []);
    const letters = words.join('');
    if (!this.#anyMasked && !SEEN.test(bare)) throw new RangeError('There is no letter, no digit and no sign in it.');
    if ([...bare].length > MOST_LETTERS && letters.length > MOST_LETTERS)
      throw new RangeError(`It has more than ${MOST_LETTERS} letters.`);
    const unspaced = UNSPACED.test(letters);
    this.#open = { start: open.start || unspaced, end: open.end || unspaced };
    this.#signs = this.#anyMasked || PLAIN.test(bare) ? undefined : new SignRule(bare, open);
    this.#terms = words.map(termOf);
    this.#together = termOf(letters);
    const short =
      this.#signs || this.#anyMasked ? '' : (singled(text).match(WORDS) ?? []).join('').replace(/^\*+|\*+$/g, '');
    this.#maskable = [letters, ...(short === letters ? [] : [short])].map((one) => termOf(one).letters);
    this.#dotless = whole.includes('ı') && !whole.includes('i');
    this.identity = this.#anyMasked ? ANY : identityOf(bare, words, open, this.#signs !== undefined);
  }

  /** Whether the text of this reading may hold it. */
  possible({ folded, words, keys }: Reading): boolean {
    if (this.#signs) return this.#signs.possible(folded);
    if (this.#anyMasked) return words.masked.length > 0;
    if (keys.includes(this.#together.key) || this.#terms.every(({ key }) => keys.includes(key))) return true;
    return words.masked.some((mask) => this.#mayBe(mask));
  }

  /** By its first letter, so that one word with a hyphen does not make thousands of rules look at a whole sentence. */
  #mayBe({ parts: [first], sure }: Masked): boolean {
    if (this.#terms.length > 1) return sure;
    if (!sure && this.#together.letters.length < LONG) return false;
    const begins = typeof first === 'string' && this.#together.letters[0]?.has(first) === true;
    return begins || (sure && this.#open.start);
  }

  /** Every place where it stands in the text. */
  *find(reading: Reading): Generator<Place> {
    if (this.#signs) yield* this.#signs.find(reading.folded);
    else if (this.#anyMasked) yield* reading.words.masked.filter(({ sure }) => sure);
    else
      for (const place of this.#findWords(reading)) {
        if (!this.#dotless || !DOTTED.test(reading.text.slice(place.start, place.end))) yield place;
      }
  }

  *#findWords({ words: { words, joined, spaced, masked } }: Reading): Generator<Place> {
    const last = this.#terms.length - 1;
    for (let at = 0; at + last < words.length; at++) {
      const hits = this.#terms.map((term, nth) => {
        const open = { start: nth === 0 && this.#open.start, end: nth === last && this.#open.end };
        return words[at + nth]?.find((candidate) => fits(term, candidate, open) && this.#isAlone(candidate, nth));
      });
      const [first, end] = [hits[0], hits[last]];
      if (first && end && hits.every(Boolean)) yield { start: first.start, end: end.end };
    }
    for (const one of joined) if (fits(this.#together, one, SHUT)) yield one;
    for (const one of spaced) if (fits(this.#together, one, this.#open) && this.#together.runs.length > 1) yield one;
    if (last > 0) return;
    for (const one of masked) {
      const isIt = this.#maskable.some((letters) => {
        if (one.sure) return fitsMasked(letters, one, this.#open);
        return letters.length >= LONG && fitsMasked(letters, one, SHUT);
      });
      if (isIt) yield one;
    }
  }

  /** Of numbers in a row a rule holds for all or none. */
  #isAlone({ follows, goesOn }: Candidate, nth: number): boolean {
    const last = this.#terms.length - 1;
    return (
      !(nth === 0 && follows && this.#terms[0]?.numeric) && !(nth === last && goesOn && this.#terms[last]?.numeric)
    );
  }
}

/** Folded, with one letter for each that was written, as those count who write stars: Sch***e is Scheiße. */
function singled(text: string): string {
  return [...text.normalize('NFC')].map((char) => [...fold(char, 'letters')][0] ?? '').join('');
}

function identityOf(
  bare: string,
  words: readonly string[],
  open: { readonly start: boolean; readonly end: boolean },
  hasSigns: boolean,
): string {
  const edges = `${open.start ? '*' : ''} ${open.end ? '*' : ''}`;
  if (hasSigns) return `${edges} ${bare.replace(/\s+/gu, ' ')}`;
  return `${edges} ${words.map(spelt).join(' ')}`;
}

/** A word with the letters that its digits stand for. */
function spelt(word: string): string {
  return NUMBER_ALONE.test(word) ? word : [...word].map((char) => LETTER_FOR.get(char) ?? char).join('');
}

const LETTER_FOR: ReadonlyMap<string, string> = new Map(
  Object.entries({ 0: 'o', 1: 'i', 2: 'z', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b', 9: 'g' }),
);
