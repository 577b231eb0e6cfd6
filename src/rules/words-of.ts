import type { Folded } from './folding.ts';

/** Letters and signs of one candidate word. Offsets are those of the original text. */
export interface Candidate {
  readonly chars: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Digits and signs stand for letters only where there is a letter: 455 is a number. */
  readonly lettered: boolean;
}

/** The words of a text, and what its letters may be hiding. */
export interface Words {
  /** In order; each as it may be read: with and without the signs at its edges. */
  readonly words: readonly (readonly Candidate[])[];
  /** Pieces that hyphens, dots and the like join, without these: only as a whole. */
  readonly joined: readonly Candidate[];
  /** Three or more letters that stand apart from each other. */
  readonly spaced: readonly Candidate[];
}

const WORD = /[\p{L}\p{N}\p{M}@$!|+€]+/gu;
const EDGES = /^[!|+]+|[!|+]+$/g;
const ALL_EDGES = /^[@$!|+€]+|[@$!|+€]+$/g;
const APOSTROPHE = /['’ʼ`´]/;
const SHORTEST_SPACED = 3;

/** Cuts a folded text into words. */
export function wordsOf(folded: Folded): Words {
  const words: (readonly Candidate[])[] = [];
  const joined: Candidate[] = [];
  const spaced: Candidate[] = [];
  let letters: Candidate[] = [];
  let last = 0;
  const endRun = (): void => {
    if (letters.length >= SHORTEST_SPACED) spaced.push(together(letters));
    letters = [];
  };
  for (const chunk of folded.text.matchAll(/\S+/gu)) {
    const pieces: Candidate[] = [];
    for (const { 0: piece, index } of chunk[0].matchAll(WORD)) {
      const start = chunk.index + index;
      const readings = readingsOf(folded, piece, start);
      const first = readings[0];
      if (!first) continue;
      words.push(readings);
      pieces.push(first);
      if (APOSTROPHE.test(folded.text.slice(last, start)) || new Set(first.chars).size > 1) endRun();
      if (new Set(first.chars).size === 1) letters.push(first);
      last = start + piece.length;
    }
    if (pieces.length > 1 && !APOSTROPHE.test(chunk[0])) joined.push(together(pieces));
  }
  endRun();
  return { words, joined, spaced };
}

function readingsOf(folded: Folded, piece: string, start: number): readonly Candidate[] {
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

function together(pieces: readonly Candidate[]): Candidate {
  return {
    chars: pieces.flatMap(({ chars }) => chars),
    start: pieces[0]?.start ?? 0,
    end: pieces.at(-1)?.end ?? 0,
    lettered: pieces.some(({ lettered }) => lettered),
  };
}
