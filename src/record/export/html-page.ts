import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { colourOf } from './colours.ts';
import { htmlLine } from './html-line.ts';
import { element, Markup } from './markup.ts';
import { dateText, iso, minuteText } from './times.ts';
import type { Participant, TranscriptFormat, TranscriptSummary } from './transcript-format.ts';
import { measureText } from './words.ts';

const STYLE = readFileSync(new URL('./page/page.css', import.meta.url), 'utf8');
const SCRIPT = readFileSync(new URL('./page/page.js', import.meta.url), 'utf8');

/** One page that needs nothing beside it, and that its own policy forbids to ask anybody for anything. */
export function htmlPage(): TranscriptFormat {
  return {
    extension: 'html',
    separator: '\n',
    line: (placed) => htmlLine(placed).toString(),
    head: (summary) => Markup.document(page(summary))[0],
    foot: (summary) => Markup.document(page(summary))[1],
  };
}

function page(summary: TranscriptSummary): Markup {
  const style = STYLE + coloursOf(summary.participants);
  const title = `${summary.channel}, ${dateText(summary.conversation.startedAt)}`;
  return element(
    'html',
    { lang: 'en' },
    element(
      'head',
      {},
      element('meta', { charset: 'utf-8' }),
      element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy(style, SCRIPT) }),
      element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      element('meta', { name: 'color-scheme', content: 'light dark' }),
      element('meta', { name: 'referrer', content: 'no-referrer' }),
      element('meta', { name: 'robots', content: 'noindex' }),
      element('title', {}, title),
      Markup.embedded('style', style),
    ),
    element(
      'body',
      {},
      element('a', { class: 'skip', href: '#transcript' }, 'Skip to the transcript'),
      header(summary),
      find(summary.participants),
      element('main', {}, element('ol', { id: 'transcript', role: 'list' }, Markup.slot())),
      footer(summary),
      Markup.embedded('script', SCRIPT),
    ),
  );
}

/** Nothing but this style and this script, by their hashes (w3.org/TR/CSP3/#framework-directive-source-list). */
function policy(style: string, script: string): string {
  const hash = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  return `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;
}

/** Numbers of our own alone: no name gets into the style sheet. */
function coloursOf(participants: readonly Participant[]): string {
  const rules = (scheme: 'light' | 'dark') =>
    participants.map((_, place) => `.p${place}{--who:${colourOf(place, scheme)}}`).join('\n');
  return `\n${rules('light')}\n@media screen and (prefers-color-scheme: dark) {\n${rules('dark')}\n}\n`;
}

function header(summary: TranscriptSummary): Markup {
  const { conversation, server, channel, endedAt, lines } = summary;
  const { startedAt, mode, model } = conversation;
  const isSameDay = dateText(startedAt) === dateText(endedAt);
  return element(
    'header',
    {},
    element('h1', { dir: 'auto' }, channel),
    element('p', {}, element('bdi', {}, server)),
    element(
      'p',
      {},
      momentOf(startedAt),
      ' to ',
      isSameDay
        ? element('time', { datetime: iso(endedAt), 'data-form': 'minute' }, minuteText(endedAt))
        : momentOf(endedAt),
      ' (',
      element('span', { id: 'zone' }, 'UTC'),
      ')',
    ),
    element(
      'p',
      { class: 'facts' },
      `${measureText(summary)}, ${lines === 1 ? '1 line' : `${lines} lines`}, `,
      mode === 'listen' ? 'written down by ' : 'with ',
      element('bdi', {}, model),
    ),
    people(summary.participants),
  );
}

/** On paper, and where there is no script; else the filter names them. */
function people(participants: readonly Participant[]): Markup {
  const names = participants.flatMap(({ shown }, place) => [
    place === 0 ? 'With ' : ', ',
    element('bdi', { class: `who p${place}` }, shown),
  ]);
  return element('p', { class: 'people' }, ...names);
}

function momentOf(at: number): Markup {
  return element('time', { datetime: iso(at), 'data-form': 'moment' }, `${dateText(at)}, ${minuteText(at)}`);
}

function find(participants: readonly Participant[]): Markup {
  const chip = ({ shown }: Participant, place: number) =>
    element(
      'label',
      { class: `chip p${place}` },
      element('input', { type: 'checkbox', value: place, autocomplete: 'off' }),
      element('bdi', {}, shown),
    );
  return element(
    'form',
    { id: 'find', class: 'find', role: 'search', hidden: true },
    element(
      'div',
      { class: 'row' },
      element('label', { for: 'search' }, 'Search'),
      element('input', {
        id: 'search',
        type: 'search',
        autocomplete: 'off',
        spellcheck: 'false',
        dir: 'auto',
        'aria-keyshortcuts': '/',
        placeholder: 'words that all occur, in any order',
      }),
      element('output', { id: 'count', for: 'search', 'aria-live': 'polite' }),
    ),
    participants.length > 1
      ? element('fieldset', {}, element('legend', {}, 'Only'), participants.map(chip))
      : undefined,
  );
}

function footer({ exportedAt }: TranscriptSummary): Markup {
  const legend =
    'Before each line stand the time of day and the time from the beginning; its link leads to this line. ' +
    'A double edge marks who began while somebody else spoke.';
  return element(
    'footer',
    {},
    element('p', {}, legend),
    element('p', {}, 'Exported by Parley: ', momentOf(exportedAt), '. This page loads nothing from anywhere.'),
  );
}
