// npm run bench:rules [-- --show]: what rules hit that they should not, and what they find that is hidden, with figures.
// --show writes every false hit. Fetches its texts once, by npm and apt-get: test/bench/rule-texts.ts.

import { fold } from '../../src/folding/fold.ts';
import { checkRule, RuleSet } from '../../src/moderation/rules/rule-set.ts';
import type { Rule } from '../../src/ports/rules.ts';
import { EVASIONS } from './evasions.ts';
import { dictionary, fetchTexts, LANGUAGES, listOf, sentencesOf } from './rule-texts.ts';

const SENTENCES = 1_000;
const DOZEN = 12;
const show = process.argv.includes('--show');
const say = (name: string, value: string): void => console.log(`${name.padEnd(46)} ${value}`);

interface False {
  readonly rule: string;
  readonly sentence: string;
  readonly hit: string;
}

fetchTexts();
say('rules', process.version);
ownLists();
allOnEnglish();
wholeDictionary();
evasions();

/** Each language's list on its own sentences in which none of its words stands. */
function ownLists(): void {
  const counts: string[] = [];
  for (const language of Object.keys(LANGUAGES)) {
    const words = usable(listOf(language));
    const clean = cleanOf(sentencesOf(language), words);
    const step = Math.max(1, clean.length / SENTENCES);
    const taken = Array.from(
      { length: Math.min(clean.length, SENTENCES) },
      (_, at) => clean[Math.floor(at * step)] ?? '',
    );
    const found = falseHits(setOf(words), taken);
    counts.push(
      `${language} ${new Set(found.map(({ sentence }) => sentence)).size}${taken.length < SENTENCES ? ` of ${taken.length}` : ''}`,
    );
    report(found);
  }
  say(`own list, sentences hit of ${SENTENCES} clean ones`, counts.join(', '));
}

/** All lists on English, of which all words of the English list were taken away. */
function allOnEnglish(): void {
  const words = [...new Set(Object.keys(LANGUAGES).flatMap((language) => usable(listOf(language))))];
  const sentences = sentencesOf('en');
  const found = falseHits(setOf(words), sentences).filter(({ rule, hit }) => same(rule) !== same(hit));
  const folding = found.filter(({ rule, hit }) => fold(bare(rule), 'search') === fold(bare(hit), 'search'));
  say(
    `all ${words.length} words on ${sentences.length} English sentences`,
    `${found.length} false hits, ${folding.length} of them by folding alone`,
  );
  report(found);
}

/** The English list on every word of a dictionary. */
function wholeDictionary(): void {
  const words = usable(listOf('en')).filter((word) => /^[a-z]+$/.test(word));
  const all = dictionary();
  const set = setOf(words);
  // One text for many words, with something between them that no rule takes for a space.
  const found: False[] = [];
  for (let at = 0; at < all.length; at += DOZEN) found.push(...falseHits(set, [all.slice(at, at + DOZEN).join(' / ')]));
  const others = found.filter(({ rule, hit }) => same(rule) !== same(hit));
  say(`${words.length} English words on ${all.length} of a dictionary`, `${others.length} hits of another word`);
  report(others);
}

/** Each kind of hiding, of the words of the lists that it can be done to. */
function evasions(): void {
  for (const { name, lists, hide } of EVASIONS) {
    let found = 0;
    let tried = 0;
    for (const word of lists
      .flatMap((language) => usable(listOf(language)))
      .filter((one) => /^\p{L}{4,}$/u.test(one))) {
      const hidden = hide(word);
      if (hidden === undefined || hidden === word) continue;
      tried += 1;
      if (scan(setOf([word]), `so ${hidden} there`).length > 0) found += 1;
      else if (show) say(`  missed: ${name}`, `${word}: ${hidden}`);
    }
    say(`hidden: ${name}`, `${found} of ${tried} found`);
  }
}

function usable(words: readonly string[]): readonly string[] {
  return words.filter((word) => {
    try {
      checkRule('word', word);
      return true;
    } catch {
      return false;
    }
  });
}

function setOf(words: readonly string[]): RuleSet {
  const rules = words.map((text, id): Rule => ({ id, kind: 'word', text }));
  const making = RuleSet.of(rules);
  for (;;) {
    const { done, value } = making.next();
    if (done) return value;
  }
}

function scan(set: RuleSet, text: string) {
  const scanning = set.scan(text);
  for (;;) {
    const { done, value } = scanning.next();
    if (done) return value;
  }
}

function falseHits(set: RuleSet, sentences: readonly string[]): False[] {
  return sentences.flatMap((sentence) =>
    scan(set, sentence).map(({ rule, start, end }) => ({ rule: rule.text, sentence, hit: sentence.slice(start, end) })),
  );
}

/** Sentences in which none of the words stands, in any case. */
function cleanOf(sentences: readonly string[], words: readonly string[]): readonly string[] {
  const escaped = words.map((word) => {
    const text = RegExp.escape(same(word));
    // Scripts without spaces have it within others.
    return /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]/u.test(word)
      ? text
      : `(?<![\\p{L}\\p{N}\\p{M}])${text}(?![\\p{L}\\p{N}\\p{M}])`;
  });
  const stands = new RegExp(escaped.join('|'), 'u');
  return sentences.filter((sentence) => !stands.test(same(sentence)));
}

function same(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{M}]/gu, '');
}

function report(found: readonly False[]): void {
  if (show) for (const { rule, hit, sentence } of found) say(`  ${rule}: ${hit}`, sentence.slice(0, 120));
}
