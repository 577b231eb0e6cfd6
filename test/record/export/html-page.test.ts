import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import { Markup } from '../../../src/record/export/markup.ts';
import { evening } from '../../support/world/demo-evening.ts';
import { answers, calls, fileOf, HOSTILE, says } from '../../support/world/scene-lines.ts';

const ANNA = ['100', 'Anna'] as const;

function pageOf(...[lines, names]: [lines: Parameters<typeof fileOf>[1], names?: Parameters<typeof fileOf>[2]]) {
  const html = fileOf('html', lines, names);
  const { document } = parseHTML(html);
  const items = [...document.querySelectorAll('#transcript > li')];
  return { html, document, items };
}

test('the page shows who said what and when, with the calls folded and the comings and goings quiet', () => {
  const { document, items } = pageOf(evening(), { server: 'Harbour Friends', channel: 'Lounge' });
  assert.equal(document.querySelector('h1')?.textContent, 'Lounge');
  assert.match(document.querySelector('header')?.textContent ?? '', /Friday 20 November 2026, 20:14 to 20:57 \(UTC\)/);
  assert.match(
    document.querySelector('.facts')?.textContent ?? '',
    /^43 min, 5 people, 21 lines, with gpt-realtime-2.1$/,
  );
  const [, anna, ben] = items;
  assert.equal(anna?.querySelector('.who')?.textContent, 'Anna');
  assert.equal(anna?.querySelector('p')?.textContent, 'Good evening everybody. Are we all here?');
  assert.equal(anna?.querySelector('time')?.getAttribute('datetime'), '2026-11-20T20:14:04.000Z');
  assert.equal(ben?.querySelector('.mark')?.textContent, 'while Anna spoke');
  assert.ok(ben?.classList.contains('over'));
  const calls = items.filter((item) => item.classList.contains('tool'));
  assert.deepEqual(
    calls.map((item) => [
      item.querySelector('summary')?.textContent,
      item.querySelector('details')?.hasAttribute('open'),
    ]),
    [
      ['Tool get_weather for Anna: done in 340 ms', false],
      ['Tool create_reminder for Anna: failed', false],
    ],
  );
  assert.equal(items.filter((item) => item.classList.contains('quiet')).length, 4);
  assert.deepEqual(
    [...document.querySelectorAll('.mark')]
      .map(({ textContent }) => textContent)
      .filter((mark) => /cut|writing/.test(mark)),
    ['cut off after 5.4 s of 9.1 s', 'in writing'],
  );
});

test('nothing that people say or are called becomes markup', () => {
  const lines = HOSTILE.flatMap((text, at) => [
    says([String(at), text], text, at * 1_000),
    calls(text, text, text, at * 1_000 + 500, { askers: [{ userId: '9', name: text }] }),
  ]);
  const [harmless] = [
    pageOf(lines.map((line) => ({ ...line, name: 'x', text: 'x', arguments: 'x', askers: [], result: null }))),
  ];
  const { document, items } = pageOf(lines, { server: HOSTILE.join(' '), channel: HOSTILE[1] ?? '' });
  assert.equal(items.length, lines.length);
  const tags = new Set([...document.querySelectorAll('*')].map(({ tagName }) => tagName));
  assert.ok([...tags].every((tag) => !['IMG', 'IFRAME', 'OBJECT', 'SVG', 'BASE', 'LINK'].includes(tag)));
  assert.equal(document.querySelectorAll('script').length, 1);
  assert.equal(document.querySelectorAll('style').length, 1);
  assert.equal(document.querySelectorAll('b').length, harmless?.document.querySelectorAll('b').length);
  const attributes = [...document.querySelectorAll('*')].flatMap(({ attributes }) => [...attributes]);
  assert.ok(attributes.every(({ name }) => !/^(on|style$|src|srcset$|action$)/.test(name)));
  assert.ok(attributes.every(({ name, value }) => name !== 'href' || value.startsWith('#')));
  // Controls are left out, and a lone half of a character is shown as one that is missing.
  const shown = (text: string) =>
    text
      .toWellFormed()
      .replace(/\r\n?/g, '\n')
      .replace(/[^\P{Cc}\n\t]/gu, '');
  assert.deepEqual(
    items.filter((item) => item.classList.contains('said')).map((item) => item.querySelector('p')?.textContent),
    HOSTILE.map(shown),
  );
});

test('names and texts bring their own direction and keep it to themselves', () => {
  const { items } = pageOf([says(['5', '\u202eמירה'], 'ערב טוב', 0)]);
  const [item] = items;
  assert.equal(item?.querySelector('.who')?.tagName, 'BDI');
  assert.equal(item?.querySelector('p')?.getAttribute('dir'), 'auto');
});

test('its policy allows its own style and script and nothing else', () => {
  const { html, document } = pageOf(evening());
  const policy = document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content');
  const hash = (tag: string) => {
    const [, content = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html) ?? [];
    return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  };
  assert.equal(
    policy,
    `default-src 'none'; style-src ${hash('style')}; script-src ${hash('script')}; base-uri 'none'; form-action 'none'`,
  );
  assert.doesNotMatch(html.replaceAll(/<p dir="auto">.*?<\/p>/gs, ''), /https?:|url\(|@import/);
});

test('everything that is operated has a name, and the page its landmarks', () => {
  const { document } = pageOf(evening());
  assert.equal(document.documentElement.getAttribute('lang'), 'en');
  assert.equal(document.querySelector('label[for=search]')?.textContent, 'Search');
  for (const box of document.querySelectorAll('#find input[type=checkbox]')) {
    assert.notEqual(box.closest('label')?.textContent.trim(), '');
  }
  assert.equal(document.querySelectorAll('main, header, footer, [role=search]').length, 4);
  assert.equal(document.querySelector('#count')?.getAttribute('aria-live'), 'polite');
  assert.equal(document.querySelector('legend')?.textContent, 'Only');
  assert.equal(document.querySelectorAll('h1').length, 1);
  assert.equal(
    new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size,
    document.querySelectorAll('[id]').length,
  );
});

test('what a tool brought stands there to the last digit', () => {
  const long = '{"id":12345678901234567890123,"text":"a text that is too long to stand on a single line of it"}';
  const { items } = pageOf([calls('find', '{"a":1}', long, 0)]);
  assert.deepEqual(
    [...(items[0]?.querySelectorAll('pre') ?? [])].map(({ textContent }) => textContent),
    ['{"a":1}', long],
  );
});

test('a person has one colour on the whole page, in the light and in the dark', () => {
  const { html, items } = pageOf([says(ANNA, 'One', 0), answers('Two', 2_000), says(ANNA, 'Three', 4_000)]);
  assert.deepEqual(
    items.map(({ className }) => className),
    ['said p0', 'said model p1', 'said p0'],
  );
  assert.equal(html.match(/\.p0\{--who:#[0-9a-f]{6}\}/g)?.length, 2);
});

test('a style or script that would end itself is refused', () => {
  assert.throws(() => Markup.embedded('script', 'x = "</script>"'), TypeError);
  assert.throws(() => Markup.embedded('style', '<!--'), TypeError);
});
