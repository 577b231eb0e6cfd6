import { cleaned } from '../../folding/fold.ts';
import type { Hit, Rule, RuleKind } from '../../ports/rules.ts';
import { lettered } from './leet.ts';
import { PatternRule } from './pattern-rule.ts';
import { type Reading, readingsOf } from './readings.ts';
import { WordRule } from './word-rule.ts';

/** Looked at in one go; longer texts in windows. */
const WINDOW = 500;
/** Windows overlap, so that nothing hides at their seams. */
const OVERLAP = 200;
/** Rules of which one string search tells that they cannot hold, in one step. */
const AT_ONCE = 250;
/** Takes the place of a sign in an exception: no word, no letter. */
const MASK = '\ufffc';

/**
 * What all rules have in common that are the same one: the same word in other letters. Throws RangeError, with a sentence
 * for people, where a rule cannot be taken.
 */
export function checkRule(kind: RuleKind, text: string): string {
  if (kind !== 'pattern') return `${kind} ${new WordRule(text).identity}`;
  new PatternRule(text);
  return `${kind} ${text}`;
}

/** The rules of a guild, ready to be held against texts. */
export class RuleSet {
  readonly #words: (readonly [Rule, WordRule])[] = [];
  readonly #exceptions: WordRule[] = [];
  readonly #patterns: (readonly [Rule, PatternRule])[] = [];

  private constructor() {}

  /** Compiles rules one by one, yielding between them. A rule that this version does not accept hits nothing. */
  static *of(rules: readonly Rule[]): Generator<undefined, RuleSet, void> {
    const set = new RuleSet();
    for (const rule of rules) {
      set.#put(rule);
      yield;
    }
    return set;
  }

  #put(rule: Rule): void {
    try {
      if (rule.kind === 'word') this.#words.push([rule, new WordRule(rule.text)]);
      else if (rule.kind === 'pattern') this.#patterns.push([rule, new PatternRule(rule.text)]);
      else this.#exceptions.push(new WordRule(rule.text));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }

  get empty(): boolean {
    return this.#words.length === 0 && this.#patterns.length === 0;
  }

  /**
   * The first hit of each rule. Yields after each small step (some 10 ms at most), so that the caller can let others go
   * first.
   */
  *scan(text: string): Generator<undefined, readonly Hit[], void> {
    const hits = new Map<number, Hit>();
    for (const { offset, piece } of windowsOf(text)) {
      const masked = yield* this.#masked(piece);
      const readings = readingsOf(masked);
      yield;
      const found = (rule: Rule, { start, end }: { start: number; end: number }): void => {
        hits.set(rule.id, { rule, start: offset + start, end: offset + end });
      };
      let looked = 0;
      for (const [rule, words] of this.#words) {
        if (hits.has(rule.id)) continue;
        looked += 1;
        if (looked % AT_ONCE === 0) yield;
        const possible = readings.filter((reading) => words.possible(reading));
        for (const reading of possible) {
          for (const hit of words.find(reading)) {
            found(rule, hit);
            break;
          }
          yield;
        }
      }
      yield* this.#scanPatterns(masked, readings, hits, found);
    }
    return [...hits.values()].sort((one, other) => one.start - other.start || one.rule.id - other.rule.id);
  }

  *#scanPatterns(
    text: string,
    readings: readonly Reading[],
    hits: ReadonlyMap<number, Hit>,
    found: (rule: Rule, hit: { start: number; end: number }) => void,
  ): Generator<undefined, void, void> {
    const clean = cleaned(text);
    const folds = readings.map((one) => one.folded);
    const other = folds.filter((one) => one.text !== clean.text.toLowerCase());
    const forms = [clean, ...other, ...folds.flatMap(lettered)];
    for (const [rule, pattern] of this.#patterns) {
      for (const form of forms) {
        if (hits.has(rule.id)) break;
        const hit = pattern.find(form);
        if (hit) found(rule, hit);
        yield;
      }
    }
  }

  /** The text with what exceptions name made unreadable, in the same length. */
  *#masked(text: string): Generator<undefined, string, void> {
    if (this.#exceptions.length === 0) return text;
    let masked = text;
    for (const reading of readingsOf(text)) {
      yield;
      for (const exception of this.#exceptions) {
        if (!exception.possible(reading)) continue;
        yield;
        for (const { start, end } of exception.find(reading)) {
          masked = masked.slice(0, start) + MASK.repeat(end - start) + masked.slice(end);
        }
      }
    }
    return masked;
  }
}

function* windowsOf(text: string): Generator<{ readonly offset: number; readonly piece: string }> {
  for (let offset = 0; ; ) {
    if (text.length - offset <= WINDOW) {
      yield { offset, piece: text.slice(offset) };
      return;
    }
    const end = spaceIn(text, offset + WINDOW - OVERLAP, offset + WINDOW) ?? offset + WINDOW;
    yield { offset, piece: text.slice(offset, end) };
    offset = spaceIn(text, end - OVERLAP, end - 1) ?? end - OVERLAP;
  }
}

/** The last white space in a stretch. */
function spaceIn(text: string, from: number, to: number): number | undefined {
  for (let at = to - 1; at >= from; at--) if (/\s/.test(text[at] as string)) return at;
  return undefined;
}
