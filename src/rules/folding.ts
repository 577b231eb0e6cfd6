import unhomoglyph from 'unhomoglyph';

/** A text in a form in which things can be compared. `at[i]`: where unit i began in the original; one more for the end. */
export interface Folded {
  readonly text: string;
  readonly at: readonly number[];
}

/** Shows nothing, or hides what is between two letters: format and direction marks, fillers, variation selectors. */
const INVISIBLE = /^(?:\p{Cf}|\p{Variation_Selector}|\u034f|\u17b4|\u17b5|[\u115f\u1160\u2800\u3164\uffa0])$/u;
const MARK = /^\p{Mn}$/u;
/** In these scripts marks are accents; in others they are vowels. */
const ACCENTED = /^[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]$/u;
const LETTER = /^\p{L}$/u;
const LATIN = /^\p{sc=Latn}$/u;
const ASCII_LETTER = /^[a-z]$/i;

/** Without what is invisible, in compatibility form. Letters, case and accents stay. */
export function cleaned(text: string): Folded {
  return rebuilt(text, (char) => (INVISIBLE.test(char) ? '' : char.normalize('NFKC')));
}

/** As cleaned(), without case and accents. */
export function folded(text: string): Folded {
  let accented = false;
  return rebuilt(text, (char) => {
    let out = '';
    for (const part of char.normalize('NFKD').toLowerCase()) {
      if (INVISIBLE.test(part)) continue;
      if (MARK.test(part) && accented) continue;
      accented = ACCENTED.test(part);
      out += part;
    }
    return out.replaceAll('ß', 'ss').replaceAll('ς', 'σ');
  });
}

/**
 * As folded(), with the Latin letters that other letters look like (Unicode's confusables): in words that mix Latin with
 * another script, and everywhere when no letter of the text lacks such a likeness. undefined: that changes nothing.
 */
export function unmasked(text: string): Folded | undefined {
  const letters = [...text.normalize('NFKC')].filter((char) => LETTER.test(char));
  const foreign = letters.filter((char) => !LATIN.test(char));
  if (foreign.length === 0) return undefined;
  const all = foreign.every((char) => likeness(char) !== char);
  let start = 0;
  let result = '';
  for (const word of text.split(/(\s+)/)) {
    const mixed = [...word].some((char) => LATIN.test(char)) && [...word].some((char) => likeness(char) !== char);
    // Every replacement is one ASCII letter; the rest of the width is filled so that offsets stay.
    result += all || mixed ? [...word].map((char) => likeness(char).padEnd(char.length, '\u200b')).join('') : word;
    start += word.length;
  }
  return result === text || start !== result.length ? undefined : folded(result);
}

/** The ASCII letter that a letter of another script looks like; the letter itself where there is none. */
function likeness(char: string): string {
  if (!LETTER.test(char) || LATIN.test(char)) return char;
  const like = unhomoglyph(char);
  if (ASCII_LETTER.test(like)) return like;
  const upper = unhomoglyph(char.toUpperCase());
  // Small letters of Greek and Cyrillic may be drawn as their capitals: н as H.
  return ASCII_LETTER.test(upper) && unhomoglyph(char) !== char ? upper : char;
}

function rebuilt(text: string, change: (char: string) => string): Folded {
  let result = '';
  const at: number[] = [];
  let offset = 0;
  for (const char of text) {
    const changed = change(char);
    for (let unit = 0; unit < changed.length; unit++) at.push(offset);
    result += changed;
    offset += char.length;
  }
  at.push(text.length);
  return { text: result, at };
}
