/** Words; in scripts without spaces between them, letters. */
const WORDS = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]|[\p{L}\p{N}\p{M}]+/gu;
/** So many words in a row are nobody's by chance. */
const RUN = 5;
/** And so many letters: five of some scripts are one word. */
const RUN_LENGTH = 10;
/** A shorter name is found in too many words. */
const SHORTEST_NAME = 2;
/** A text of one word says something only where it is a rare one. */
const RARE_WORD = 8;

/**
 * What somebody said, and their names, to be found again in texts of others: in what a search brought, or where the bot
 * repeated it. Keeps fingerprints alone.
 */
export class Quotes {
  readonly #runs = new Set<number>();
  /** Whole texts that are shorter than a run. */
  readonly #whole = new Set<number>();
  readonly #names: ReadonlySet<string>;
  readonly #named: RegExp;
  readonly #id: string;

  /** `names`: all that they went by. `id`: their user id. */
  constructor({ names, id }: { readonly names: Iterable<string>; readonly id: string }) {
    const known = [...names].map((name) => name.trim()).filter((name) => name.length >= SHORTEST_NAME);
    this.#names = new Set([id, ...known]);
    const escaped = [...this.#names].map((name) => RegExp.escape(name));
    this.#named = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'u');
    this.#id = id;
  }

  add(text: string): void {
    const words = wordsOf(text);
    if (words.length > 0 && words.length < RUN) this.#whole.add(hash(words));
    for (const run of runsOf(words)) this.#runs.add(run);
  }

  /** Whether the text repeats five of their words in a row. */
  repeats(text: string): boolean {
    return this.#hasRun(wordsOf(text));
  }

  #hasRun(words: readonly string[]): boolean {
    for (const run of runsOf(words)) if (this.#runs.has(run)) return true;
    return false;
  }

  /**
   * Whether something of theirs stands in this JSON or plain text: their id, a value that is their name, five of their
   * words in a row, or a whole shorter text of theirs. What others only say about them is not theirs.
   */
  standIn(json: string): boolean {
    return valuesOf(json).some((value) => {
      if (value.includes(this.#id) || this.#names.has(value.trim())) return true;
      const words = wordsOf(value);
      if (this.#hasRun(words)) return true;
      if ((words.length > 1 || (words[0]?.length ?? 0) >= RARE_WORD) && this.#whole.has(hash(words))) return true;
      return this.#named.test(value) && this.#hasWhole(words);
    });
  }

  /** Whether a shorter text of theirs is among these words. */
  #hasWhole(words: readonly string[]): boolean {
    for (let length = 1; length < RUN; length += 1) {
      for (let at = 0; at + length <= words.length; at += 1) {
        if (this.#whole.has(hash(words, at, at + length))) return true;
      }
    }
    return false;
  }
}

/** The texts in a JSON value; of what is none, the lines. */
function valuesOf(json: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return json.split('\n');
  }
  const texts: string[] = [];
  const waiting = [value];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one === 'string') texts.push(one);
    else if (typeof one === 'object' && one !== null) waiting.push(...Object.keys(one), ...Object.values(one));
  }
  return texts;
}

/** What is repeated is the very text, so nothing else is made equal: this is asked of every result that is kept. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(WORDS) ?? [];
}

/** A run begins at each word, and is as long as it has to be. */
function* runsOf(words: readonly string[]): Generator<number, void, void> {
  for (let at = 0; at + RUN <= words.length; at += 1) {
    let until = at + RUN;
    let letters = words.slice(at, until).reduce((sum, { length }) => sum + length, 0);
    while (letters < RUN_LENGTH && until < words.length) letters += words[until++]?.length ?? 0;
    if (letters >= RUN_LENGTH) yield hash(words, at, until);
  }
}

/** 52 bits of two FNV-1a hashes (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv): two runs hardly ever share them. */
function hash(words: readonly string[], from = 0, until = words.length): number {
  let [one, other] = [0x811c9dc5, 0x01000193];
  const mix = (code: number): void => {
    one = Math.imul(one ^ code, 0x01000193) >>> 0;
    other = Math.imul(other ^ code, 0x5bd1e995) >>> 0;
  };
  for (let at = from; at < until; at += 1) {
    const word = words[at] ?? '';
    for (let letter = 0; letter < word.length; letter += 1) mix(word.charCodeAt(letter));
    mix(32);
  }
  return one * 0x10_0000 + (other & 0xf_ffff);
}
