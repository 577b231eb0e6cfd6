import unhomoglyph from 'unhomoglyph';
import { type Depth, type Folded, fold, folded } from './fold.ts';

const LETTER = /^\p{L}$/u;
const LATIN = /^\p{sc=Latn}$/u;
const HAS_LATIN = /\p{sc=Latn}/u;
const ASCII_LETTER = /^[a-z]$/i;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Letters that people put among Latin ones for what they look like there, beside the confusables: ғ is the small capital of
 * f in most generators, the others are those of "faux Cyrillic".
 */
const AMONG_LATIN: ReadonlyMap<string, string> = new Map(
  Object.entries({ ғ: 'f', и: 'n', п: 'n', ц: 'u', ш: 'w', я: 'r' }),
);

/** Scripts whose letters are drawn as Latin ones; those of the alphabet in use today, in small letters. */
const ALIKE = [
  { script: /^\p{sc=Cyrl}$/u, letters: 'абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўјѕһ' },
  { script: /^\p{sc=Grek}$/u, letters: 'αβγδεζηθικλμνξοπρστυφχψω' },
].map(({ script, letters }) => ({ script, of: drawnAs(letters) }));

/**
 * As folded(), with the Latin letters that other letters look like (Unicode's confusables): in words that mix Latin with
 * another script, and everywhere when no letter of the text lacks such a likeness. undefined: that changes nothing.
 */
export function unmasked(text: string, depth: Depth): Folded | undefined {
  if (ASCII.test(text)) return undefined;
  const letters = [...text.normalize('NFKC')].filter((char) => LETTER.test(char));
  const foreign = letters.filter((char) => !LATIN.test(char));
  if (foreign.length === 0) return undefined;
  const all = foreign.every((char) => likeness(char) !== char);
  return changed(text, depth, (word) => {
    if (isMixed(word)) return letterByLetter(word, likenessAmongLatin);
    return all ? letterByLetter(word, likeness) : word;
  });
}

/**
 * As folded(), with the Cyrillic or Greek letters that Latin ones look like, in words that mix the two: a rule in one of
 * these scripts finds its word with Latin letters in it. undefined: that changes nothing.
 */
export function unlatinized(text: string, depth: Depth): Folded | undefined {
  if (ASCII.test(text)) return undefined;
  return changed(text, depth, (word) => {
    const chars = [...word];
    const alike = ALIKE.find(({ script }) => chars.some((char) => script.test(char)));
    if (!alike || !chars.some((char) => LATIN.test(char))) return word;
    return letterByLetter(word, (char) => alike.of.get(char.toLowerCase()) ?? char);
  });
}

/**
 * A rule, folded, with the letters of one script in every word: of that to which most of them belong. It was copied from a
 * text in which somebody hid the word.
 */
export function oneScript(text: string, depth: Depth): string {
  return text
    .split(/(\s+)/)
    .map((word) => {
      if (!isMixed(word)) return unlatinized(word, depth)?.text ?? fold(word, depth);
      const foreign = unlatinized(word, depth)?.text ?? word;
      const letters = [...word].filter((char) => LETTER.test(char));
      const isLatin = letters.filter((char) => LATIN.test(char)).length * 2 >= letters.length;
      return isLatin || HAS_LATIN.test(foreign) ? (unmasked(word, depth)?.text ?? fold(word, depth)) : foreign;
    })
    .join('');
}

function changed(text: string, depth: Depth, change: (word: string) => string): Folded | undefined {
  const result = text
    .split(/(\s+)/)
    .map((word) => (ASCII.test(word) ? word : change(word)))
    .join('');
  return result === text || result.length !== text.length ? undefined : folded(result, depth);
}

/** Every replacement is one letter; the rest of the width is filled so that offsets stay. */
function letterByLetter(word: string, change: (char: string) => string): string {
  return [...word].map((char) => change(char).padEnd(char.length, '\u200b')).join('');
}

function isMixed(word: string): boolean {
  const chars = [...word];
  return chars.some((char) => LATIN.test(char)) && chars.some((char) => likenessAmongLatin(char) !== char);
}

function likenessAmongLatin(char: string): string {
  const like = likeness(char);
  return like === char ? (AMONG_LATIN.get(char.toLowerCase()) ?? char) : like;
}

/** The ASCII letter that a letter of another script looks like; the letter itself where there is none. */
function likeness(char: string): string {
  if (!LETTER.test(char) || LATIN.test(char)) return char;
  const like = unhomoglyph(char);
  if (ASCII_LETTER.test(like)) return like;
  const lower = unhomoglyph(char.toLowerCase());
  if (like === char && ASCII_LETTER.test(lower)) return lower;
  const upper = unhomoglyph(char.toUpperCase());
  // Small letters of Greek and Cyrillic may be drawn as their capitals: н as H.
  return ASCII_LETTER.test(upper) && unhomoglyph(char) !== char ? upper : char;
}

/** These letters by the small Latin ones that they look like, the first one of several. */
function drawnAs(letters: string): ReadonlyMap<string, string> {
  const drawn = new Map<string, string>();
  // What looks like a small letter counts before what looks like a capital.
  for (const form of [(char: string) => char, (char: string) => char.toUpperCase()]) {
    for (const char of letters) {
      const like = unhomoglyph(form(char)).toLowerCase();
      if (ASCII_LETTER.test(like) && !drawn.has(like)) drawn.set(like, char);
    }
  }
  return drawn;
}
