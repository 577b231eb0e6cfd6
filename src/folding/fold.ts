import { OWN } from './alphabets.ts';
import { letterOfSign, PLAIN } from './letters.ts';

/** A text in a form in which things can be compared. `at[i]`: where unit i began in the original; one more for the end. */
export interface Folded {
  readonly text: string;
  readonly at: readonly number[];
}

/**
 * How far letters are folded. `letters`: case, width, fonts, and what is optional in a script; letters that are their own
 * in some language stay (ö, ñ, ł). `plain`: these, too, without their marks. `search`: also the two kinds of kana.
 */
export type Depth = 'letters' | 'plain' | 'search';

/**
 * Shows nothing, or hides what is between two letters: format and direction marks, fillers, variation selectors; and the
 * tatweel, which only makes a word longer on paper.
 */
const UNSEEN = '\\u0640\\p{Cf}\\p{Variation_Selector}\\u034f\\u17b4\\u17b5\\u115f\\u1160\\u2800\\u3164\\uffa0';
const INVISIBLE = new RegExp(`[${UNSEEN}]+`, 'gu');
/**
 * A letter with all that belongs to it: its marks, those of half-width kana, the rest of a Hangul syllable, and what
 * cannot be seen.
 */
const CLUSTER = new RegExp(
  `(?:[\\u1100-\\u115e\\ua960-\\ua97c][${UNSEEN}]*[\\u1161-\\u11a7\\ud7b0-\\ud7c6][\\u11a8-\\u11ff\\ud7cb-\\ud7fb]*|[^])[\\p{M}\\uff9e\\uff9f\\u11a8-\\u11ff\\ud7cb-\\ud7fb${UNSEEN}]*`,
  'gu',
);
const ASCII = /^[\0-\x7f]*$/;
const MARK = /^\p{M}$/u;
/** Circles, squares and keycaps around a letter. */
const AROUND = /^\p{Me}$/u;
/** In these scripts such marks are accents; in others vowels. */
const ACCENTED = /^[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]$/u;
/** In these every mark is left out as a rule: vowels, doubled letters, and how a text is sung. */
const UNPOINTED = /^[\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}]$/u;
/** Marks that can belong to these letters; one of another script stands there because its own letter is taken apart. */
const THEIRS = /^[\p{sc=Inherited}\p{sc=Common}\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}]$/u;
/** The dot under letters of India. Under these two, and the Bengali ones, it makes another letter. */
const NUKTA = /^[\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc]$/u;
const OTHER_WITH_NUKTA = /^[\u0921\u0922\u09a1\u09a2\u09af]$/u;
/** Before a consonant these may be written as a dot above the letter before them: हिन्दी, हिंदी. */
const NASAL = /^[\u0919\u091e\u0923\u0928\u092e]$/u;
const [VIRAMA, BINDU] = ['\u094d', '\u0902'];
const DIGIT = /^\p{Nd}$/u;
const KATAKANA = /^[\u30a1-\u30f6\u30fd\u30fe]$/u;
const TO_HIRAGANA = 0x60;
/** Clusters whose form is remembered: texts of one language have some hundred. */
const REMEMBERED = 20_000;

const known: Record<Depth, Map<string, string>> = { letters: new Map(), plain: new Map(), search: new Map() };

/** Folds a text; see Depth. Idempotent. */
export function fold(text: string, depth: Depth): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.replace(CLUSTER, (cluster) => clusterFolded(cluster, depth));
}

/** As fold(), with where everything was. */
export function folded(text: string, depth: Depth): Folded {
  if (ASCII.test(text)) return { text: text.toLowerCase(), at: Array.from({ length: text.length + 1 }, (_, at) => at) };
  return rebuilt(text, (cluster) => clusterFolded(cluster, depth));
}

/** Without what is invisible, in compatibility form. Letters, case and accents stay. */
export function cleaned(text: string): Folded {
  return rebuilt(text, (cluster) => cluster.replace(INVISIBLE, '').normalize('NFKC'));
}

function rebuilt(text: string, change: (cluster: string) => string): Folded {
  let result = '';
  const at: number[] = [];
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    const changed = change(cluster);
    for (let unit = 0; unit < changed.length; unit++) at.push(index);
    result += changed;
  }
  at.push(text.length);
  return { text: result, at };
}

function clusterFolded(cluster: string, depth: Depth): string {
  if (cluster.length === 1 && cluster < '\x80') return cluster.toLowerCase();
  const forms = known[depth];
  const there = forms.get(cluster);
  if (there !== undefined) return there;
  const form = made(cluster, depth);
  if (forms.size >= REMEMBERED) forms.clear();
  forms.set(cluster, form);
  return form;
}

function made(cluster: string, depth: Depth): string {
  const apart = caseless(caseless(cluster.normalize('NFKD')).normalize('NFKD')).replace(INVISIBLE, '');
  let out = '';
  let letter = '';
  let marks: string[] = [];
  const end = (): void => {
    out += letterFolded(letter, marks, depth);
    letter = '';
    marks = [];
  };
  for (const char of apart) {
    if (MARK.test(char)) marks.push(char);
    else {
      end();
      letter = char;
    }
  }
  end();
  return out.normalize('NFC');
}

/** By way of capitals, so that letters with several small or large forms have one; a dotless i has none of its own. */
function caseless(text: string): string {
  return [...text].map((char) => (char === 'ı' ? char : char.toUpperCase().toLowerCase())).join('');
}

function letterFolded(letter: string, marks: readonly string[], depth: Depth): string {
  if (ACCENTED.test(letter)) return accentedFolded(letter, marks, depth);
  if (depth === 'search' && NASAL.test(letter) && marks[0] === VIRAMA && marks.length === 1) return BINDU;
  if (DIGIT.test(letter)) return digitOf(letter) + marksFolded(letter, marks, depth);
  const plain = PLAIN.get(letter) ?? letterOfSign(letter) ?? letter;
  const kana = depth === 'search' && KATAKANA.test(plain);
  const base = kana ? String.fromCodePoint((plain.codePointAt(0) ?? 0) - TO_HIRAGANA) : plain;
  return base + marksFolded(letter, marks, depth);
}

function accentedFolded(letter: string, marks: readonly string[], depth: Depth): string {
  const accents = marks.filter((mark) => THEIRS.test(mark));
  const others = marks.filter((mark) => !THEIRS.test(mark) && !AROUND.test(mark));
  const plain = PLAIN.get(letter) ?? letter;
  if (depth !== 'letters') return plain + others.join('');
  let own = letter;
  const whole = (letter + accents.join('')).normalize('NFC');
  if (OWN.has(whole)) own = whole;
  else
    for (const accent of accents) {
      const composed = (own + accent).normalize('NFC');
      if (OWN.has(composed)) own = composed;
    }
  return (OWN.has(own) ? own : plain) + others.join('');
}

function marksFolded(letter: string, marks: readonly string[], depth: Depth): string {
  return marks
    .filter((mark) => {
      if (AROUND.test(mark)) return false;
      // Without a letter they would go to the one before.
      if (letter === '' || UNPOINTED.test(letter)) return !THEIRS.test(mark);
      if (NUKTA.test(mark)) return depth !== 'search' && OTHER_WITH_NUKTA.test(letter);
      return true;
    })
    .map((mark) => PLAIN.get(mark) ?? mark)
    .join('');
}

/** Digits of all scripts stand in tens, from 0 on. */
function digitOf(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}
