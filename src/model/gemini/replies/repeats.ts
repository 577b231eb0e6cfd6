import type { UserId } from '../../../ports/voice.ts';

/** A piece that spells a line already told is held back so long, to see whether it goes on as that line does. */
const HELD_MS = 300;
/** Words so far apart are two lines, either of which may come again. */
const APART_MS = 400;
/** The same words were seen to come again 55 s later (google-gemini/gemini-live-api-examples#48). */
const REMEMBERED_MS = 120_000;
const MOST = 128;
/** People do say the same short things; longer ones more seldom than a service repeats them. */
const SHORT = 12;
/** So many lines of one person in a row may come again as one. */
const MOST_JOINED = 16;

interface Line {
  key: string;
  readonly userId: UserId | null;
  at: number;
}

/**
 * What became of pieces: words, or a whole line once more. `of`: whose line it was; null: nobody knows. `beginsAs`: the
 * words begin as a whole line of this person's that was told before.
 */
export type Sifted =
  | {
      readonly kind: 'words';
      readonly text: string;
      readonly finished: boolean;
      /** How much of the text is that line. */
      readonly beginsAs: { readonly of: UserId | null; readonly length: number } | undefined;
    }
  /** `known`: the service was seen to repeat lines that nobody can have said again. */
  | { readonly kind: 'repeat'; readonly text: string; readonly of: UserId | null; readonly known: boolean };

/**
 * Tells lines that come a second time from new ones. Words are compared without case and punctuation; what may be a
 * repeated line is held back until it is one, differs from it, or nothing more of it comes.
 */
export class GeminiRepeats {
  #lines: Line[] = [];
  /** The next words are a line of their own. */
  #cut = true;
  #text = '';
  #heldAt = 0;
  /** The line that what is held was the whole of. */
  #whole: { readonly of: UserId | null; readonly text: string } | undefined;
  /** Lines were seen to come again where nobody could have said them. */
  #doesRepeat = false;

  /** A turn began or ended: what comes now need not be the rest of what came before. */
  cut(): void {
    this.#cut = true;
  }

  /** These words were told as said by this person; null: by somebody. */
  told(text: string, userId: UserId | null, now: number): void {
    const key = keyOf(text);
    if (key === '') return;
    const last = this.#lines.at(-1);
    // What is nobody's may be several people's: each piece may be the beginning of what comes again. So may a phrase.
    const apart = this.#cut || userId === null || key.includes(' ');
    if (last && !apart && last.userId === userId && now - last.at < APART_MS) {
      last.key = `${last.key} ${key}`;
      last.at = now;
      return;
    }
    this.#cut = false;
    this.#lines = this.#lines.filter(({ at }) => now - at < REMEMBERED_MS).slice(1 - MOST);
    this.#lines.push({ key, userId, at: now });
  }

  /** `expected`: words of somebody are to come. */
  take(text: string, finished: boolean, expected: boolean, now: number): Sifted[] {
    const sifted = this.settle(now);
    this.#text += text;
    const least = expected && !this.#doesRepeat ? SHORT : 0;
    for (;;) {
      const key = keyOf(this.#text);
      const alike = key === '' ? [] : this.#alike(key, least, now);
      const whole = alike.findLast((one) => one.whole);
      if (whole) this.#whole = { of: whole.of, text: this.#text };
      if (alike.length > 0) break;
      const rest = this.#text.slice(this.#whole?.text.length ?? 0);
      // One line once more, and another one behind it.
      if (!this.#whole || rest === '' || this.#alike(keyOf(rest), least, now).length === 0) {
        return [...sifted, ...this.#release(finished)];
      }
      this.#doesRepeat ||= !expected;
      sifted.push({ kind: 'repeat', ...this.#whole, known: this.#doesRepeat });
      this.#whole = undefined;
      this.#text = rest;
    }
    this.#doesRepeat ||= !expected && this.#whole?.text === this.#text;
    this.#heldAt = now;
    return finished ? [...sifted, ...this.#release(true)] : sifted;
  }

  /** When settle() has something to do; undefined: nothing is held back. */
  get nextAt(): number | undefined {
    return this.#text === '' ? undefined : this.#heldAt + HELD_MS;
  }

  /** What was held back long enough. */
  settle(now: number): Sifted[] {
    return this.#text !== '' && now >= this.#heldAt + HELD_MS ? this.#release(false) : [];
  }

  /** The lines that begin like this, and whether this is one of them, or several in a row. */
  #alike(key: string, least: number, now: number): { readonly of: UserId | null; readonly whole: boolean }[] {
    return this.#lines.flatMap(({ userId, at }, i) => {
      const match = now - at < REMEMBERED_MS ? this.#match(key, i, userId) : undefined;
      return match ? [{ of: userId, whole: match === 'whole' && key.length >= least }] : [];
    });
  }

  #match(key: string, from: number, userId: UserId | null): 'whole' | 'begins' | undefined {
    let joined = '';
    for (const line of this.#lines.slice(from, from + MOST_JOINED)) {
      if (line.userId !== userId) return undefined;
      joined = joined === '' ? line.key : `${joined} ${line.key}`;
      if (joined === key) return 'whole';
      if (joined.startsWith(key)) return 'begins';
      if (!key.startsWith(joined)) return undefined;
    }
    return undefined;
  }

  #release(finished: boolean): Sifted[] {
    const text = this.#text;
    const whole = this.#whole;
    this.#text = '';
    this.#whole = undefined;
    if (text === '' && !finished) return [];
    if (whole?.text === text) return [{ kind: 'repeat', text, of: whole.of, known: this.#doesRepeat }];
    const beginsAs = whole && { of: whole.of, length: whole.text.length };
    return [{ kind: 'words', text, finished, beginsAs }];
  }
}

/** What two writings of the same words have in common. */
export function keyOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
