import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeBlock } from '../../src/transcript/blocks.ts';
import type { Entry } from '../../src/transcript/entry.ts';
import { linesOf } from '../../src/transcript/entry.ts';
import { outcomeOf } from '../../src/transcript/tool-outcome.ts';

function entryOf(code: string, output?: object, ok = true): Entry {
  const call = { callId: 'c', replyId: 'r', turnIds: [1], name: 'run_code', arguments: JSON.stringify({ code }) };
  const result = { callId: 'c', name: 'run_code', ok, output: JSON.stringify(output) };
  const ended = output ? outcomeOf({ call, result, tookMs: 90 }) : null;
  return { kind: 'tool', call, askers: [{ userId: '1', name: 'Anna' }], cancelId: null, held: false, ended };
}

test('code that runs is shown at once, and its output below it when it is there', () => {
  assert.deepEqual(linesOf(entryOf('1 + 1'), 'Parley'), ['-# run\\_code for Anna → …\n```js\n1 + 1\n```']);
  assert.deepEqual(linesOf(entryOf('console.log(1)\n2', { printed: '1', value: '2' }), 'Parley'), [
    '-# run\\_code for Anna · 90 ms\n```js\nconsole.log(1)\n2\n```\n```\n1\n2\n```',
  ]);
  assert.deepEqual(linesOf(entryOf('x', { error: "'x' is not defined" }, false), 'Parley'), [
    "-# run\\_code for Anna → failed · 90 ms\n```js\nx\n```\n```\n'x' is not defined\n```",
  ]);
});

test('neither code nor output gets out of its block, pings, or hides something', () => {
  const nasty = '```\n@everyone <@1> <#2> ````` \u202egnp.exe\u0007\r\n``';
  const [line = ''] = linesOf(entryOf(nasty, { printed: nasty, value: '```' }), 'Parley');
  assert.equal(line.split('```').length - 1, 4);
  assert.doesNotMatch(line, /@everyone|<@|<#|\u202e|\r/);
  assert.ok(!line.includes('\u0007'));
  assert.match(codeBlock('`', 100), /^```\n`\u2060\n```$/);
});

test('long code and long output leave room in a message', () => {
  const [line = ''] = linesOf(entryOf('🦜`'.repeat(5_000), { printed: 'x\n'.repeat(3_000) }), 'Parley');
  assert.ok(line.length <= 2_000, String(line.length));
  assert.ok(line.isWellFormed());
  assert.equal(line.split('```').length - 1, 4);
  assert.match(line, /\n…\n```\n-# All of it: run\\_code\.js, run\\_code-output\.txt$/);
});
