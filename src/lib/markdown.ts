// What people and models say becomes text that Discord shows exactly so: no mention, no formatting, one line.
// Discord's client takes a backslash before any character but letters, digits and white space as that character.

/**
 * Characters that show nothing but change how their surroundings read: bidirectional controls, zero-width characters,
 * fillers, tags. The joiners U+200C and U+200D stay, since Persian, Indic scripts and emoji need them.
 */
const INVISIBLE =
  /\u034f|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e00ff}]/gu;
/** Line breaks of every kind, other controls and all spaces. U+2800 is a blank braille cell. */
const SPACE = /[\s\p{Cc}\p{Z}\u2800]+/gu;
/** More combining marks than any script stacks would run over the neighbouring lines. */
const STACKED_MARKS = /(\p{M}{6})\p{M}+/gu;
const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Mandaic}\p{Script=Samaritan}\p{Script=Hanifi_Rohingya}\p{Script=Mende_Kikakui}]/u;
/** Ends before punctuation that belongs to the sentence; brackets belong to the link where both are in it. */
const LINK = /https?:\/\/(?:[^\s<>()]|\([^\s<>()]*\))*(?:\([^\s<>()]*\)|[^\s<>().,:;!?"'*_~|`[\]\\])/g;
const LONGEST_NAME = 64;

/** One clean line of what somebody said or wrote: no line break, nothing invisible. Not escaped yet. */
export function plain(text: string): string {
  const visible = text.toWellFormed().replace(SPACE, ' ').replace(INVISIBLE, '');
  return visible.replace(STACKED_MARKS, '$1').replace(/ {2,}/g, ' ').trim();
}

/** Whether nobody sees anything of it: spaces, joiners, signs that only change what stands before them. */
export function isBlank(text: string): boolean {
  return !/[\p{L}\p{N}\p{P}\p{S}]/u.test(plain(text));
}

/** The text as Discord markdown that shows it literally, in one line. Links stay links. */
export function escapeMarkdown(text: string): string {
  const line = plain(text);
  let escaped = '';
  let done = 0;
  for (const link of line.matchAll(LINK)) {
    escaped += escapeWords(line.slice(done, link.index)) + escapeLink(link[0]);
    done = link.index + link[0].length;
  }
  return atLineStart(isolate(escaped + escapeWords(line.slice(done))));
}

/** A name for the beginning of a line, escaped and at most 64 characters long before that. */
export function escapeName(name: string): string {
  if (isBlank(name)) return 'Somebody';
  const points = [...plain(name)];
  const short = points.length > LONGEST_NAME ? `${points.slice(0, LONGEST_NAME - 1).join('')}…` : points.join('');
  return escapeMarkdown(short) || 'Somebody';
}

/**
 * Pieces of escaped text, each at most `limit` UTF-16 units, broken between words where possible and never inside an
 * escape. A longer text has the same pieces but for the last, so that what is posted need not change.
 */
export function split(escaped: string, limit: number): string[] {
  const pieces: string[] = [];
  let rest = escaped;
  while (rest.length > limit) {
    const fitting = beginning(rest, limit);
    const space = fitting.lastIndexOf(' ');
    // A "word" longer than half a piece is broken: it is no word.
    const piece = space > limit / 2 ? fitting.slice(0, space) : fitting;
    pieces.push(piece.trimEnd());
    rest = rest.slice(piece.length).trimStart();
  }
  if (rest !== '' || pieces.length === 0) pieces.push(rest);
  return pieces;
}

/** Escaped text of at most `limit` UTF-16 units, with an ellipsis where something is missing. */
export function cut(escaped: string, limit: number): string {
  return escaped.length <= limit ? escaped : `${beginning(escaped, limit - 1).trimEnd()}…`;
}

/** The words of a text that lie wholly in its first part. `share`: 0–1 of its code points. */
export function wordsWithin(text: string, share: number): string {
  if (share >= 1) return text;
  const end = [...text].slice(0, Math.floor([...text].length * Math.max(share, 0))).join('').length;
  let kept = 0;
  // Not at spaces: Japanese, Chinese and Thai have none.
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    if (index + segment.length > end) break;
    kept = index + segment.length;
  }
  return text.slice(0, kept).trimEnd();
}

function escapeWords(text: string): string {
  const escaped = text
    .replace(/[\\*_~`|<>[\]@]/g, '\\$&')
    // `:name:` becomes an emoji; the colon of "12:30" or "so: yes" is left alone.
    .replace(/:(?=[\w+-]{2,}:)/g, '\\:')
    // Discord's server looks for the bare ids after these, whatever stands before them.
    .replace(/\\<([#:/]|a:|t:|id:)/g, '\\<\u2060$1');
  // The server does not know backslashes when it looks for these two.
  return escaped.replace(/@(?=everyone|here)/gi, '@\u2060');
}

/** In a link an escape would become part of the address; a percent code means the same address. */
function escapeLink(link: string): string {
  const [scheme = '', rest = ''] = link.split(/(?<=^https?:\/\/)/);
  const encode = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return scheme + rest.replace(/[\\*_~`|()[\]@]/g, encode).replace(/:(?!\d{1,5}(?:[/?#]|$))/g, encode);
}

/** Right-to-left text must not reorder what our own line has around it (Unicode 9, first strong isolate). */
function isolate(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

/** Headings, subtext, lists and quotes exist at the beginning of a line only. */
function atLineStart(text: string): string {
  return text.replace(/^(#|-|\+)/, '\\$1').replace(/^(\d+)\.(?= |$)/, '$1\\.');
}

function beginning(escaped: string, limit: number): string {
  let end = 0;
  for (const { 0: unit, index } of escaped.matchAll(/\\?./gsu)) {
    if (index + unit.length > limit) break;
    end = index + unit.length;
  }
  return escaped.slice(0, end);
}
