import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { parseHTML } from 'linkedom';
import { evening } from '../../support/world/demo-evening.ts';
import { fileOf } from '../../support/world/scene-lines.ts';

/** The page with its own script at work, in a document without a screen. Its timers fire at once. */
function opened() {
  const { document, window, Event } = parseHTML(fileOf('html', evening()));
  const script = document.querySelector('script')?.textContent ?? '';
  const now = (act: () => void) => act();
  runInNewContext(script, { document, window, Intl, setTimeout: now, clearTimeout: () => {} });
  const find = (selector: string) => document.querySelector(selector)!;
  const happens = (target: EventTarget, name: string, more: object = {}) =>
    target.dispatchEvent(Object.assign(new Event(name, { bubbles: true, cancelable: true }), more));
  const search = (words: string) => {
    find('#search').setAttribute('value', words);
    happens(find('#search'), 'input');
  };
  const shown = () =>
    [...document.querySelectorAll('#transcript > li')]
      .filter((item) => !item.hasAttribute('hidden'))
      .map(({ id }) => id);
  return { document, find, happens, search, shown };
}

test('the search needs all words, in any order, without case and accents', () => {
  const { find, search, shown } = opened();
  assert.equal(find('#find').hidden, false);
  search('UBER cafe');
  assert.deepEqual(shown(), ['l21']);
  assert.equal(find('#count').textContent, '1 of 21 lines');
  search('nine another');
  assert.deepEqual(shown(), ['l12']);
  search('כרטיסים');
  assert.deepEqual(shown(), ['l15']);
  search('xylophone');
  assert.deepEqual(shown(), []);
  search('');
  assert.equal(shown().length, 21);
  assert.equal(find('#count').textContent, '');
});

test('a call is found by what it brought, and opened until the search is over', () => {
  const { document, search, shown } = opened();
  const call = document.querySelector('#l8 details');
  search('portugal');
  assert.deepEqual(shown(), ['l8']);
  assert.ok(call?.hasAttribute('open'));
  search('');
  assert.ok(!call?.hasAttribute('open'));
});

test('people are chosen, and what they asked for comes with them', () => {
  const { document, find, happens, search, shown } = opened();
  const [anna, ben] = document.querySelectorAll('#find input[type=checkbox]');
  assert.ok(anna && ben);
  anna.checked = true;
  happens(anna, 'change');
  assert.deepEqual(shown(), ['l2', 'l7', 'l8', 'l12', 'l17', 'l21']);
  ben.checked = true;
  happens(ben, 'change');
  search('early');
  assert.deepEqual(shown(), ['l10']);
  happens(find('#search'), 'keydown', { key: 'Escape' });
  assert.equal(shown().length, 21);
  assert.equal(anna.checked, false);
});

test('the time of a find leads back to it among the other lines', () => {
  const { document, happens, search, shown } = opened();
  search('early train');
  assert.deepEqual(shown(), ['l10']);
  const item = document.querySelector('#l10');
  let scrolled = 0;
  Object.assign(item as object, { scrollIntoView: () => (scrolled += 1), focus: () => {} });
  happens(document.querySelector('#l10 a.at time')!, 'click');
  assert.equal(shown().length, 21);
  assert.equal(scrolled, 1);
});

test('a slash begins the search, but for one that is typed into it', () => {
  const { document, find, happens } = opened();
  let focused = 0;
  Object.assign(find('#search'), { focus: () => (focused += 1) });
  happens(document.querySelector('#l2')!, 'keydown', { key: '/' });
  happens(find('#search'), 'keydown', { key: '/' });
  happens(document.querySelector('#l2')!, 'keydown', { key: '/', ctrlKey: true });
  assert.equal(focused, 1);
});

test('times become those of the reader', () => {
  const { document } = opened();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  assert.equal(document.querySelector('#zone')?.textContent, `your time, ${zone}`);
  const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
  assert.equal(document.querySelector('#l2 time')?.textContent, clock.format(new Date('2026-11-20T20:14:04Z')));
});
