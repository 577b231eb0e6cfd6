import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pastMoment } from '../../../commands/transcript/moment.ts';

const now = Date.parse('2026-11-21T15:30:00Z');
const iso = (words: string, end = false): string | undefined => {
  const at = pastMoment(words, { now, end });
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 16);
};

test('dates are understood as people type them', () => {
  assert.equal(iso('2026-11-20'), '2026-11-20T00:00');
  assert.equal(iso('2026-11-20', true), '2026-11-21T00:00');
  assert.equal(iso('yesterday'), '2026-11-20T00:00');
  assert.equal(iso('yesterday 18:00'), '2026-11-20T18:00');
  assert.equal(iso('yesterday 18:00', true), '2026-11-20T18:00');
  assert.equal(iso('2h'), '2026-11-21T13:30');
  assert.equal(iso(' 90 min ago '), '2026-11-21T14:00');
  assert.equal(iso('3 days'), '2026-11-18T15:30');
  assert.equal(iso('1w'), '2026-11-14T15:30');
  assert.equal(iso('2 hours ago'), '2026-11-21T13:30');
  assert.equal(iso('2026-11-20 20:15'), '2026-11-20T20:15');
  assert.equal(iso('2026-11-20T20:15:00+02:00'), '2026-11-20T18:15');
});

test('what is half understood is not understood', () => {
  for (const words of ['soon', 'cake yesterday', '2026-11-20 or so', '', '2x', 'monday to friday', '\u202e2h']) {
    assert.equal(iso(words), undefined, words);
  }
});
