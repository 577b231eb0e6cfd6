import { escapeMarkdown, escapeName, plain } from '../lib/markdown.ts';
import type { Source } from '../ports/tool-calls.ts';

/** In a code block only three backticks mean anything; a word joiner, which shows nothing, keeps them apart. */
const FENCE = '```';
/** Bidirectional controls would show code in another order than that in which it ran. */
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Discord's server looks for mentions in code blocks, too. */
const MENTION = /@(?=everyone|here)|<(?=[@#]|\/[^\s<>]*:\d|a?:\w+:\d)/gi;
/** Longer code is cut. */
export const MOST_CODE_LINES = 40;
const CUT_MARK = '…';
const LONGEST_HOST = 50;

/** Text as a code block of at most `limit` UTF-16 units that it cannot break out of, with a mark where it was cut. */
export function codeBlock(text: string, limit: number, language = ''): string {
  const opening = `${FENCE}${/^[a-z]{1,16}$/.test(language) ? language : ''}\n`;
  // Two more: the line break before the fence, and what keeps a backtick at the end apart from it.
  const room = limit - opening.length - FENCE.length - 2;
  const safe = text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(REORDERING, '')
    .replace(MENTION, '$&\u2060')
    .replace(/`(?=`)/g, '`\u2060')
    .trimEnd();
  const lines = safe.split('\n');
  const few = lines.length > MOST_CODE_LINES ? `${lines.slice(0, MOST_CODE_LINES).join('\n')}\n${CUT_MARK}` : safe;
  const short = few.length > room ? `${few.slice(0, room - CUT_MARK.length).toWellFormed()}${CUT_MARK}` : few;
  // A backtick at the end would become one of the fence's.
  return `${opening}${short}${short.endsWith('`') ? '\u2060' : ''}\n${FENCE}`;
}

/** `Sources: [title](<url>) · …`, in lines of at most `limit`; what is no web address is left out. `head`: in place of Sources. */
export function sourceLines(
  sources: readonly Source[],
  small: string,
  limit: number,
  head = 'Sources',
): readonly string[] {
  const links = sources.flatMap(({ title, url }) => link(title, url, limit - small.length - head.length) ?? []);
  const lines: string[] = [];
  for (const one of links) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + one.length + 3 <= limit) lines[lines.length - 1] = `${last} · ${one}`;
    else lines.push(`${small}${lines.length === 0 ? `${head}: ` : ''}${one}`);
  }
  return lines;
}

/**
 * `[title](<url>) (host)`, which does not unfold; undefined for what is no web address, or too long. The title may be
 * anything that whoever made the page likes, so the host that the link leads to stands beside it.
 */
export function link(title: string, url: string, limit: number): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { href, protocol, hostname, host, username, password } = new URL(url);
  // An address with a user name is made to look like that of somebody else.
  if ((protocol !== 'http:' && protocol !== 'https:') || username !== '' || password !== '') return undefined;
  const address = href.replace(
    /[<>()[\]\\`|*_~@]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  // Discord shows a link whose words are an address of their own as plain text.
  const named = !/^\s*https?:/i.test(title) && title.trim() !== '' && plain(title).toLowerCase() !== host;
  const words = escapeName(named ? title.replace(/:\/\//g, ' ') : hostname);
  const text = `[${words}](<${address}>)${named ? ` (${hostShown(host)})` : ''}`;
  return text.length + 'Sources: '.length > limit ? undefined : text;
}

/** The end of a host says whose it is; its beginning may be made to look like anybody's. */
function hostShown(host: string): string {
  return escapeMarkdown(host.length > LONGEST_HOST ? `…${host.slice(1 - LONGEST_HOST)}` : host);
}
