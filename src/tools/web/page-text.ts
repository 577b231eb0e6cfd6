import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';

/** What of a page is worth reading. `title` '' where there is none. */
export interface PageText {
  readonly title: string;
  readonly text: string;
}

/** A page as it came, with its header Content-Type. */
export interface PageBytes {
  readonly bytes: Uint8Array;
  readonly header: string;
  readonly html: boolean;
}

/** More tags than a parser gets through in time. */
const MOST_TAGS = 200_000;
/** More characters than a model will ever read; handing them over takes time in which nobody is heard. */
const MOST_TEXT = 500_000;
/** More than any written page has; a deep nest of tags takes parsers down. */
const MOST_ELEMENTS = 30_000;

/** What of a page is worth reading; undefined: it cannot be taken apart. */
export function textOfPage({ bytes, header, html }: PageBytes): PageText | undefined {
  const text = decoded(bytes, header);
  if (html && text.split('<', MOST_TAGS + 1).length > MOST_TAGS) return undefined;
  const whole = html ? textOfHtml(text) : { title: '', text: tidy(text) };
  return { title: whole.title, text: whole.text.slice(0, MOST_TEXT) };
}

/** The text of an article, without menus, scripts and advertising. What is no article is given with all its text. */
function textOfHtml(html: string): PageText {
  const { document } = parseHTML(withBody(html));
  const title = tidy(document.querySelector('title')?.textContent ?? '').replaceAll('\n', ' ');
  for (const hidden of document.querySelectorAll(
    'script, style, noscript, template, svg, iframe, [hidden], [aria-hidden="true"]',
  ))
    hidden.remove();
  const whole = tidy(document.body?.textContent ?? document.documentElement?.textContent ?? '');
  // Readability takes the document apart, so the whole text is taken before.
  const article = new Readability(document as unknown as ConstructorParameters<typeof Readability>[0], {
    maxElemsToParse: MOST_ELEMENTS,
  }).parse();
  const text = tidy(article?.textContent ?? '');
  return { title: tidy(article?.title ?? '').replaceAll('\n', ' ') || title, text: text === '' ? whole : text };
}

/** linkedom builds no body where the page's author left out its tag, as the standard allows. */
function withBody(html: string): string {
  if (/<body[\s>]/i.test(html)) return html;
  return `<html><body>${html.replace(/<!doctype[^>]*>|<\/?(?:html|head|body)(?:\s[^>]*)?>/gi, '')}</body></html>`;
}

/** One blank between words, one empty line between paragraphs; nothing that hides or turns text around. */
export function tidy(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, '')
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The text of a page by its header's charset, then by what it says at its beginning; UTF-8 where neither is known. */
export function decoded(bytes: Uint8Array, header: string): string {
  const said = /charset\s*=\s*["']?([\w:.-]+)/i;
  // https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
  const label =
    said.exec(header)?.[1] ?? said.exec(Buffer.from(bytes.subarray(0, 1_024)).toString('latin1'))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
