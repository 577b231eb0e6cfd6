import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeMarkdown } from '../../../src/lib/markdown.ts';
import { postMessage } from '../../../src/tools/builtin/post-message.ts';
import { anna, ben, contextOf } from '../context.ts';

const tool = postMessage({ escape: escapeMarkdown });

test('the text is posted with the names of those who asked', async () => {
  const context = contextOf({ askers: [anna, ben] });
  assert.deepEqual(await tool.prepare({ text: 'Milk\nEggs' })(context), { posted: true, messages: 1 });
  assert.deepEqual(context.text.contents, ['Posted for **Anna**, **Ben**:\nMilk\nEggs']);
});

test('nothing in it mentions, formats or opens a masked link', async () => {
  const context = contextOf({ askers: [{ userId: '9', name: '**@everyone**' }] });
  await tool.prepare({ text: '@everyone <@1>\n# big\n[here](https://x.y)' })(context);
  assert.deepEqual(context.text.contents, [
    'Posted for **\\*\\*\\@\u2060everyone\\*\\***:\n\\@\u2060everyone \\<\\@1\\>\n\\# big\n\\[here\\](https://x.y)',
  ]);
});

test('a text that is too long when escaped goes into further messages, whole', async () => {
  const context = contextOf();
  assert.deepEqual(await tool.prepare({ text: '*'.repeat(1_800) })(context), { posted: true, messages: 3 });
  assert.equal(context.text.contents.join('').match(/\\\*/g)?.length, 1_800);
});

test('an empty text and one over 1,800 characters are refused', () => {
  assert.throws(() => tool.prepare({ text: '  ' }), /Wrong arguments/);
  assert.throws(() => tool.prepare({ text: 'x'.repeat(1_801) }), /Wrong arguments/);
});

test('a channel that refuses is told in words', async () => {
  const context = contextOf();
  context.text.refuse = () => new Error('No permission to write there.');
  await assert.rejects(tool.prepare({ text: 'x' })(context), /could not be posted: No permission/);
});

test('it changes something, and needs the right to write', () => {
  assert.deepEqual([tool.risk, tool.needs], ['write', 'mayWrite']);
});
