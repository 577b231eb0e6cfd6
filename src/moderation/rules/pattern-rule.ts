import { RE2JS, RE2JSException } from 're2js';
import type { Folded } from '../../folding/fold.ts';
import { edged, WORD, within } from './word-edges.ts';

/** https://docs.discord.com/developers/resources/auto-moderation#auto-moderation-rule-object-trigger-metadata-field-limits */
const LONGEST = 260;
/** Steps that one sign of a text can cost: with a window of 500 signs some 10 ms in the worst case. */
const MOST_STEPS = 400;
/** RE2 takes these for ASCII; people do not. */
const UNICODE: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: WORD,
  s: '\\s\\x{85}\\p{Z}',
};

/** A regular expression in RE2's grammar, or in what Rust's has in common with it; case does not count. */
export class PatternRule {
  readonly #pattern: RE2JS;
  readonly #wide: boolean;

  /** Throws RangeError with a sentence for people. */
  constructor(text: string) {
    if (text.trim() === '') throw new RangeError('The pattern is empty.');
    if ([...text].length > LONGEST) throw new RangeError(`The pattern has more than ${LONGEST} characters.`);
    try {
      const pattern = edged(converted(text));
      this.#wide = pattern.wide;
      this.#pattern = RE2JS.compile(pattern.text, RE2JS.CASE_INSENSITIVE);
    } catch (error) {
      if (error instanceof RangeError || !(error instanceof RE2JSException)) throw error;
      // The place that it names has what we put before the pattern.
      const why = error.message.replace(/^error parsing regexp: /, '').replace(/: `.*`$/s, '');
      const foreign = /\(\?<?[=!]|\\[1-9]/.test(text) ? ' Look-around and back references do not exist here.' : '';
      throw new RangeError(`It cannot be used: ${why}.${foreign}`);
    }
    if (this.#pattern.programSize() > MOST_STEPS) {
      throw new RangeError('The pattern is too costly: use smaller numbers in {…}, or fewer of them.');
    }
    if (this.#pattern.test('')) throw new RangeError('The pattern fits an empty text, so it would hit everything.');
  }

  /** The first place; in time that grows with the text alone. */
  find({ text, at }: Folded): { readonly start: number; readonly end: number } | undefined {
    const matcher = this.#pattern.matcher(text);
    if (!matcher.find()) return undefined;
    const whole = { start: matcher.start(), end: matcher.end() };
    const hit = this.#wide ? within(text, whole.start, whole.end) : whole;
    const [start = 0, end = 0] = [at[hit.start], at[hit.end]];
    return { start, end };
  }
}

/**
 * What Rust writes otherwise than RE2 (https://docs.rs/regex/latest/regex/#syntax), with \d, \w and \s for all of
 * Unicode. Throws RangeError for what has no counterpart; RE2 would read some of it as something else.
 */
function converted(text: string): string {
  let result = '';
  let inClass = false;
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const { length, out } = piece(rest, inClass);
    if (!inClass && rest.startsWith('[')) inClass = true;
    else if (inClass && rest.startsWith(']')) inClass = false;
    result += out;
    at += length;
  }
  return result;
}

function piece(rest: string, inClass: boolean): { readonly length: number; readonly out: string } {
  const code = /^\\(?:[uxU]\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
  if (code) return { length: code[0].length, out: `\\x{${code[1] ?? code[2] ?? code[3]}}` };
  if (/^\\b\{/.test(rest) || /^\\[<>]/.test(rest)) throw new RangeError('Use \\b instead of \\b{…}, \\< and \\>.');
  const short = /^\\([dwsDWS])/.exec(rest)?.[1];
  if (short) return { length: 2, out: shorthand(short, inClass) };
  if (rest.startsWith('\\')) return { length: 2, out: rest.slice(0, 2) };
  if (inClass) return insideClass(rest);
  // A ] at the beginning of a class is a sign of its own.
  const opening = /^\[\^?\]?/.exec(rest)?.[0];
  if (opening) return { length: opening.length, out: opening.replace(']', '\\]') };
  const flags = /^\(\?([a-zA-Z]*)(-[a-zA-Z]+)?([:)])/.exec(rest);
  if (flags) return grouped(flags);
  return { length: 1, out: rest.slice(0, 1) };
}

function shorthand(letter: string, inClass: boolean): string {
  const set = UNICODE[letter.toLowerCase()] ?? '';
  const negated = letter !== letter.toLowerCase();
  if (!inClass) return negated ? `[^${set}]` : `[${set}]`;
  if (!negated) return set;
  if (letter === 'D') return '\\P{Nd}';
  throw new RangeError(`\\${letter} cannot stand inside [ ].`);
}

function insideClass(rest: string): { readonly length: number; readonly out: string } {
  const posix = /^\[:\^?[a-z]+:\]/.exec(rest)?.[0];
  if (posix) return { length: posix.length, out: posix };
  if (rest.startsWith('[') || /^(&&|--|~~)/.test(rest)) {
    throw new RangeError('Sets within [ ], and &&, -- and ~~ between them, do not exist here.');
  }
  return { length: 1, out: rest.slice(0, 1) };
}

function grouped(flags: RegExpExecArray): { readonly length: number; readonly out: string } {
  const [whole, on = '', off = '', end = ''] = flags;
  if (/[xR]/.test(on)) throw new RangeError('The flags x and R do not exist here.');
  // Unicode is always on, and cannot be switched off.
  if (off.includes('u')) throw new RangeError('The flag u cannot be switched off here.');
  const [kept, less] = [on.replaceAll('u', ''), off === '-' ? '' : off];
  const out = kept + less === '' ? (end === ':' ? '(?:' : '') : `(?${kept}${less}${end}`;
  return { length: whole.length, out };
}
