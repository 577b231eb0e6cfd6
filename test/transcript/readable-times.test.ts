import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine, view } from '../../src/transcript/readable.ts';

const AT = '2026-11-21T13:20:00.000Z';
const SHOWN = `<t:${Date.parse(AT) / 1_000}:f>`;

test('an instant in a result is everybody’s own time: on one line, in fields, and in rows', () => {
  assert.equal(oneLine(JSON.stringify({ reminder: 1, due: AT })), `reminder: 1, due: ${SHOWN}`);
  assert.equal(oneLine(JSON.stringify(AT)), SHOWN);
  assert.equal(view(JSON.stringify({ due: '2026-11-21T14:20:00+01:00' }), 500).text, `-# **due:** ${SHOWN}`);
  const rows = view(JSON.stringify({ said: [{ by: 'Anna', at: AT, text: 'cake' }] }), 500).text;
  assert.match(rows, new RegExp(`at ${SHOWN}`));
  assert.doesNotMatch(rows, /```/);
});

test('what only looks like an instant stays text', () => {
  for (const text of ['2026-99-99T99:99:99Z', `${AT} <@1>`, '2026-11-21'])
    assert.doesNotMatch(view(JSON.stringify({ text }), 500).text, /<t:/, text);
});
