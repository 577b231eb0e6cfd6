import type { Folded } from '../../folding/fold.ts';
import { PRICE } from './leet.ts';
import { type Masked, maskedIn, starredOut } from './masked-word.ts';

/** Letters and signs of one candidate word. Offsets are those of the original text. */
export interface Candidate {
  readonly chars: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Digits and signs stand for letters only where there is a letter: 455 is a number. */
  readonly lettered: boolean;
  /** Of a number beside others (87, 88, 89; 0170 88 12): a rule holds for all of them or none. */
  readonly follows?: boolean;
  /** It stands in the place of a word with letters that cannot be read; `chars` is empty. */
  readonly mask?: Masked;
  readonly goesOn?: boolean;
}

/** The words of a text, and what its letters may be hiding. */
export interface Words {
  /** In order; each as it may be read: with and without the signs at its edges. Empty: a price, a score or a mask. */
  readonly words: readonly (readonly Candidate[])[];
  /** Pieces that hyphens, dots and the like join, without these, and two that only together sound: only as a whole. */
  readonly joined: readonly Candidate[];
  /** Three or more letters or digits that stand apart from each other, all there are in a row. */
  readonly spaced: readonly Candidate[];
  /** Words that a recogniser has made unreadable. */
  readonly masked: readonly Masked[];
}

const WORD = /[\p{L}\p{N}\p{M}@$!|+€]+/gu;
const EDGES = /^[!|+]+|[!|+]+$/g;
const ALL_EDGES = /^[@$!|+€]+|[@$!|+€]+$/g;
const APOSTROPHE = /['’ʼ`´]/;
const SHORTEST_SPACED = 3;
const NUMBER = /^\p{N}+$/u;
/** What makes a number part of a larger one, of a score, a price or a time. */
const BEFORE_NUMBER = /(?:\p{N}[.,:;/'’–—−-]|[$€£¥₹₽₩₺₫]\s?)$/u;
const AFTER_NUMBER = /^(?:[.,:;/'’–—−-]\p{N}|\s?[%‰°$€£¥₹₽₩₺₫])/u;
const BETWEEN_NUMBERS = /^[\s,.()–—−-]+$/u;
/** Words of one letter that may stand before a spelled one. */
const ARTICLE = /^[ai]$/;
/** In these a word without any vowel is none, or a piece of one. */
const VOCALIC = /^[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]+$/u;
const VOWEL = /[aeiouyæøœəıαεηιουωаеёиоуыэюяіїєөүұә]|[^\0-\x7f\p{sc=Cyrl}\p{sc=Grek}]/u;

/** Cuts a folded text into words. */
export function wordsOf(folded: Folded): Words {
  const { masks, text } = maskedIn(folded);
  const pieces = piecesOf({ ...folded, text });
  return {
    words: withMasks(pieces, numbered(pieces, text), masks),
    joined: [...joinedIn(pieces), ...splitIn(pieces, text), ...starredIn(masks)],
    spaced: spacedIn(pieces, text),
    masked: masks,
  };
}

/** The readings of all pieces, with those of masked words between them. */
function withMasks(
  pieces: readonly Piece[],
  words: Words['words'],
  masks: readonly Masked[],
): readonly (readonly Candidate[])[] {
  const sure = masks.filter((mask) => mask.sure);
  if (sure.length === 0) return words;
  const placed = [
    ...words.map((readings, at) => ({ from: pieces[at]?.from ?? 0, readings })),
    ...sure.map((mask) => ({
      from: mask.from,
      readings: [{ chars: [], start: mask.start, end: mask.end, lettered: true, mask }],
    })),
  ];
  return placed.sort((one, other) => one.from - other.from).map(({ readings }) => readings);
}

/** A piece of the folded text, between these places there. */
interface Piece {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** The part between white space that it stands in. */
  readonly chunk: string;
  readonly chunkFrom: number;
  readonly readings: readonly Candidate[];
}

function piecesOf(folded: Folded): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const chunk of folded.text.matchAll(/\S+/gu)) {
    for (const { 0: text, index } of chunk[0].matchAll(WORD)) {
      const from = chunk.index + index;
      const readings = readingsOf(folded, text, from);
      // Signs alone are no word, and a price is none either.
      if (readings.length === 0 && !PRICE.test(text)) continue;
      pieces.push({ text, from, to: from + text.length, chunk: chunk[0], chunkFrom: chunk.index, readings });
    }
  }
  return pieces;
}

function readingsOf(folded: Folded, piece: string, start: number): readonly Candidate[] {
  if (PRICE.test(piece)) return [];
  const wide = trimmed(folded, piece, start, EDGES);
  const narrow = trimmed(folded, piece, start, ALL_EDGES);
  if (!wide) return narrow ? [narrow] : [];
  return narrow && narrow.chars.length < wide.chars.length ? [narrow, wide] : [wide];
}

function trimmed(folded: Folded, piece: string, start: number, edges: RegExp): Candidate | undefined {
  const text = piece.replace(edges, '');
  if (text === '') return undefined;
  const from = start + piece.indexOf(text);
  const chars = [...text];
  const [begin = 0, end = 0] = [folded.at[from], folded.at[from + text.length]];
  return { chars, start: begin, end, lettered: chars.some((char) => /\p{L}/u.test(char)) };
}

/** The readings of all pieces; those of numbers know what is beside them, and there are none of parts of numbers. */
function numbered(pieces: readonly Piece[], text: string): readonly (readonly Candidate[])[] {
  const isNumber = ({ readings }: Piece): boolean => readings.some(({ chars }) => NUMBER.test(chars.join('')));
  const goesOn = (one: Piece | undefined, next: Piece | undefined): boolean =>
    one !== undefined &&
    next !== undefined &&
    isNumber(one) &&
    isNumber(next) &&
    BETWEEN_NUMBERS.test(text.slice(one.to, next.from));
  return pieces.map((piece, at) => {
    if (!isNumber(piece)) return piece.readings;
    const isPart = BEFORE_NUMBER.test(text.slice(0, piece.from)) || AFTER_NUMBER.test(text.slice(piece.to));
    if (isPart) return [];
    const beside = { follows: goesOn(pieces[at - 1], piece), goesOn: goesOn(piece, pieces[at + 1]) };
    return piece.readings.map((one) => ({ ...one, ...beside }));
  });
}

function joinedIn(pieces: readonly Piece[]): readonly Candidate[] {
  const chunks = Map.groupBy(pieces, ({ chunkFrom }) => chunkFrom);
  return [...chunks.values()].flatMap((parts) => {
    const [first] = parts;
    if (parts.length < 2 || !first || APOSTROPHE.test(first.chunk)) return [];
    const whole = together(parts);
    // 14.88 and 8-8 are numbers of their own.
    return whole.lettered ? [whole] : [];
  });
}

/** Words with a star between all of their letters. */
function starredIn(masks: readonly Masked[]): readonly Candidate[] {
  return masks.flatMap((mask) => {
    const chars = starredOut(mask);
    return chars ? [{ chars, start: mask.start, end: mask.end, lettered: true }] : [];
  });
}

/** Two neighbours of which one has no vowel (sh it): people put a space into a word. */
function splitIn(pieces: readonly Piece[], text: string): readonly Candidate[] {
  return pieces.flatMap((one, at) => {
    const other = pieces[at + 1];
    if (!other || !/^\s$/u.test(text.slice(one.to, other.from))) return [];
    if (!VOCALIC.test(one.text) || !VOCALIC.test(other.text)) return [];
    if (VOWEL.test(one.text) === VOWEL.test(other.text)) return [];
    // What an apostrophe cut off has no vowel either.
    if (APOSTROPHE.test(text[one.from - 1] ?? '') || APOSTROPHE.test(text[other.to] ?? '')) return [];
    return [together([one, other])];
  });
}

function spacedIn(pieces: readonly Piece[], text: string): readonly Candidate[] {
  const spaced: Candidate[] = [];
  let letters: Piece[] = [];
  const end = (): void => {
    if (letters.length >= SHORTEST_SPACED) spaced.push(together(letters));
    const [first, ...rest] = letters;
    if (first && ARTICLE.test(first.text) && rest.length >= SHORTEST_SPACED) spaced.push(together(rest));
    letters = [];
  };
  let last = 0;
  for (const piece of pieces) {
    const isSingle = new Set(piece.readings[0]?.chars).size === 1;
    if (!isSingle || APOSTROPHE.test(text.slice(last, piece.from))) end();
    if (isSingle) letters.push(piece);
    last = piece.to;
  }
  end();
  return spaced;
}

function together(pieces: readonly Piece[]): Candidate {
  const parts = pieces.flatMap(({ readings }) => readings[0] ?? []);
  return {
    chars: parts.flatMap(({ chars }) => chars),
    start: parts[0]?.start ?? 0,
    end: parts.at(-1)?.end ?? 0,
    lettered: parts.some(({ lettered }) => lettered),
  };
}
