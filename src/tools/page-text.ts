import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';

/** What of a page is worth reading. `title` '' where there is none. */
export interface PageText {
  readonly title: string;
  readonly text: string;
}

/** More than any written page has; a deep nest of tags takes parsers down. */
const MOST_ELEMENTS = 30_000;

/** The text of an article, without menus, scripts and advertising. What is no article is given with all its text. */
export function textOfHtml(html: string): PageText {
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
