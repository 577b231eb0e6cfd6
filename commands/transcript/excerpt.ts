import type { RecordFind } from '../../src/ports/record.ts';

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const RIGHT_TO_LEFT = /[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}\p{sc=Adlam}]/u;
/** First strong isolate and its end (Unicode 9): what stands around keeps its order. */
const ISOLATED = ['\u2068', '\u2069'] as const;

/**
 * The excerpt of a find as Discord markdown in one line, with what was searched for in bold, of at most `limit` UTF-16
 * units. It shows untrusted text as it is: no markdown, no link, no mention.
 */
export function markedExcerpt({ excerpt, hits }: Pick<RecordFind, 'excerpt' | 'hits'>, limit: number): string {
  const turns = RIGHT_TO_LEFT.test(excerpt);
  let room = limit - '…'.length - (turns ? 2 : 0);
  let text = '';
  let whole = true;
  for (const { part, hit } of partsOf(excerpt, hits)) {
    const [before, behind] = hit ? ['**', '**'] : ['', ''];
    const escaped = escapedWithin(part, room - before.length - behind.length);
    if (escaped.text !== '') {
      text += `${before}${escaped.text}${behind}`;
      room -= before.length + escaped.text.length + behind.length;
    }
    if (escaped.whole) continue;
    whole = false;
    break;
  }
  const line = whole ? text : `${text.trimEnd()}…`;
  return turns ? `${ISOLATED[0]}${line}${ISOLATED[1]}` : line;
}

function partsOf(excerpt: string, hits: RecordFind['hits']): { readonly part: string; readonly hit: boolean }[] {
  const parts: { part: string; hit: boolean }[] = [];
  let from = 0;
  for (const [start, end] of hits) {
    parts.push({ part: excerpt.slice(from, start), hit: false }, { part: excerpt.slice(start, end), hit: true });
    from = end;
  }
  parts.push({ part: excerpt.slice(from), hit: false });
  return parts.filter(({ part }) => part !== '');
}

/** Escaped, and cut before an escape or a character would be broken. */
function escapedWithin(part: string, room: number): { readonly text: string; readonly whole: boolean } {
  let text = '';
  for (const character of part.toWellFormed().replace(HIDDEN, ' ').replace(/\s+/gu, ' ')) {
    // Discord takes a backslash before any ASCII punctuation as "not markdown" (see text.ts).
    const escaped = /[!-/:-@[-`{-~]/.test(character) ? `\\${character}` : character;
    if (text.length + escaped.length > room) return { text, whole: false };
    text += escaped;
  }
  return { text, whole: true };
}
