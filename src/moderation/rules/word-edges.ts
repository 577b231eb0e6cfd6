/** What a word is made of, for RE2 and for JavaScript. */
export const WORD = '\\p{L}\\p{M}\\p{Nd}\\p{Pc}';
const OUTSIDE = new RegExp(`^[^${WORD}]$`, 'u');
const BEFORE = `(?:^|[^${WORD}])`;
const AFTER = `(?:[^${WORD}]|$)`;
/** What may stand before \b at the beginning, and that a word comes next. */
const LEADING = /^((?:\(\?[imsU]+\))*)\\b(?=[\p{L}\p{N}_]|\((?!\?P?<?[=!])|\[(?!\^))/u;
/** That a word comes before \b at the end. */
const TRAILING = /(?<=[\p{L}\p{N}_)\]+*?}])\\b$/u;

/** A pattern whose \b at its beginning and its end know the letters of all scripts. */
export interface Edged {
  readonly text: string;
  /** Whether a hit takes in what stands before or after the word. */
  readonly wide: boolean;
}

/**
 * RE2's \b knows ASCII alone (https://github.com/google/re2/wiki/Syntax): it would miss every Cyrillic word, and find "con"
 * in "conçu". Where it begins or ends a pattern, or one of its alternatives, something says the same for all scripts.
 * Within a pattern it stays, because what stands for it there would take a sign away from what follows.
 */
export function edged(pattern: string): Edged {
  if (pattern.includes('\\Q')) return { text: pattern, wide: false };
  const text = alternatives(pattern)
    .map((one) => one.replace(LEADING, `$1${BEFORE}`).replace(TRAILING, AFTER))
    .join('|');
  return { text, wide: text !== pattern };
}

/** Where a word begins and ends in a stretch that may have one more sign at either side. UTF-16 offsets. */
export function within(text: string, start: number, end: number): { readonly start: number; readonly end: number } {
  const signs = [...text.slice(start, end)];
  const before = signs.length > 1 && OUTSIDE.test(signs[0] as string) ? (signs[0] as string).length : 0;
  const after = signs.length > 2 && OUTSIDE.test(signs.at(-1) as string) ? (signs.at(-1) as string).length : 0;
  return { start: start + before, end: end - after };
}

/** What | divides, outside of groups and classes. */
function alternatives(pattern: string): readonly string[] {
  const parts: string[] = [''];
  let depth = 0;
  let inClass = false;
  for (const [piece] of pattern.matchAll(/\\.|[^\\]/gsu)) {
    if (inClass) inClass = piece !== ']';
    else if (piece === '[') inClass = true;
    else if (piece === '(') depth += 1;
    else if (piece === ')') depth -= 1;
    if (piece === '|' && depth === 0 && !inClass) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
