import unhomoglyph from 'unhomoglyph';
import { letterOfSign, PLAIN } from '../folding/letters.ts';

const DIGITS = new Map(Object.entries({ 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't', $: 's', '@': 'a', '€': 'e' }));

/**
 * Whether people may take one name for the other: without regard to case, accents, invisible characters, signs and spaces,
 * with letters of other scripts for those that they look like (Unicode's confusables, unicode.org/reports/tr39), and digits
 * for letters.
 */
export function looksAlike(one: string, other: string): boolean {
  const others = skeletonsOf(other);
  return skeletonsOf(one).some((skeleton) => skeleton !== '' && others.includes(skeleton));
}

/** A person's name as it is shown: marked where it could be taken for the bot's. `isBot`: it is the account of another bot. */
export function besideBot(name: string, botNames: readonly string[], isBot = false): string {
  return botNames.some((own) => looksAlike(name, own)) ? `${name} (${isBot ? 'another bot' : 'a person'})` : name;
}

const REMEMBERED = 2_000;
const known = new Map<string, readonly string[]>();

/** As skeletons(): names are asked about again and again. */
function skeletonsOf(name: string): readonly string[] {
  const before = known.get(name);
  if (before) return before;
  const found = skeletons(name);
  known.set(name, found);
  if (known.size > REMEMBERED) known.delete(known.keys().next().value as string);
  return found;
}

/**
 * What is left of a name where only its looks count, in the ways in which it may be read: capitals look like other letters
 * than small ones (I and l, M and rn).
 */
function skeletons(name: string): readonly string[] {
  const letters = [...name.normalize('NFKC')].map(letterOf).join('');
  const ways = [letters, letters.toLowerCase()].flatMap((way) => {
    const read = [...way].map((char) => DIGITS.get(char) ?? char).join('');
    return [way, read];
  });
  return [...new Set(ways.map((way) => bare(unhomoglyph(bare(way)).toLowerCase())))];
}

/** Without strokes, hooks, small capitals, and the circles and squares around letters of symbols. */
function letterOf(char: string): string {
  return PLAIN.get(char) ?? letterOfSign(char) ?? char;
}

/** Letters and digits alone. */
function bare(text: string): string {
  return text.normalize('NFKD').replace(/[^\p{L}\p{N}$@€|]/gu, '');
}
