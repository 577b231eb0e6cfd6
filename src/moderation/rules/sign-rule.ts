import type { Folded } from '../../folding/fold.ts';

const PICTURE = /^\p{Extended_Pictographic}$/u;
const WORD = /^[\p{L}\p{N}\p{M}_]$/u;

/** A keyword with signs that count (.gg/, $word): these letters and signs in this order, and nothing that stands for them. */
export class SignRule {
  readonly #text: string;
  readonly #pattern: RegExp;
  /** Where something else may stand beside it: a picture is no part of a word. */
  readonly #free: { readonly start: boolean; readonly end: boolean };

  /** `text`: folded, without the stars at its ends. */
  constructor(text: string, open: { readonly start: boolean; readonly end: boolean }) {
    this.#text = text.split(/\s/u)[0] ?? '';
    this.#pattern = new RegExp(text.trim().split(/\s+/u).map(RegExp.escape).join('\\s+'), 'gu');
    const isPicture = (sign: string): boolean => PICTURE.test(sign);
    this.#free = { start: open.start || isPicture(firstOf(text)), end: open.end || isPicture(lastOf(text)) };
  }

  /** Whether the text may hold it. */
  possible({ text }: Folded): boolean {
    return text.includes(this.#text);
  }

  /** Every place where it stands, in offsets of the original text. */
  *find({ text, at }: Folded): Generator<{ readonly start: number; readonly end: number }> {
    for (const { 0: found, index } of text.matchAll(this.#pattern)) {
      const end = index + found.length;
      if (!this.#free.start && WORD.test(lastOf(text.slice(0, index)))) continue;
      if (!this.#free.end && WORD.test(firstOf(text.slice(end)))) continue;
      yield { start: at[index] ?? 0, end: at[end] ?? 0 };
    }
  }
}

function firstOf(text: string): string {
  const code = text.codePointAt(0);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function lastOf(text: string): string {
  const pair = text.slice(-2);
  return [...pair].at(-1) ?? '';
}
