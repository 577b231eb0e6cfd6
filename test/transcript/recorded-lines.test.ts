import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedLine } from '../../src/ports/record.ts';
import { beginningsOf } from '../../src/transcript/entry.ts';
import { withoutLines } from '../../src/transcript/recorded-lines.ts';

const line = (by: 'person' | 'model', name: string, text: string): RecordedLine => ({
  kind: 'utterance',
  id: 1,
  conversationId: 1,
  guildId: '1',
  channelId: '2',
  startedAt: 0,
  posts: [],
  by,
  userId: by === 'person' ? '6' : null,
  name,
  endedAt: 0,
  text,
  language: null,
  model: null,
  written: false,
  state: 'final',
  cut: null,
  turnId: 1,
  replyId: null,
  turnIds: [],
  itemIds: [],
});

test('lines of one person go, also where they go on or somebody else has the same name', () => {
  const post = [
    '**An\\_na:** mine',
    '**An\\_na** (more): and more',
    '**Ben:** **An\\_na:** no',
    '**An\\_na:** of the other one',
    '-# a note',
    '**An\\_na (a person):** mine, too',
  ].join('\n');
  assert.equal(
    withoutLines(post, beginningsOf('person', 'An_na'), [line('person', 'An_na', 'of the other one')]),
    ['-# (removed)', '**Ben:** **An\\_na:** no', '**An\\_na:** of the other one', '-# a note', '-# (removed)'].join(
      '\n',
    ),
  );
});

test('answers that are still kept stay, those that were cut off included', () => {
  const cut = { ...line('model', 'Parley', 'I was'), cut: { heardMs: 1, producedMs: 9 } } as RecordedLine;
  const post = '**Parley:** to her\n**Parley:** to him\n**Parley:** I was — *interrupted*';
  assert.equal(
    withoutLines(post, beginningsOf('model', 'Parley'), [line('model', 'Parley', 'to him'), cut]),
    '-# (removed)\n**Parley:** to him\n**Parley:** I was — *interrupted*',
  );
});

test('a post without any of the lines is left alone', () => {
  assert.equal(withoutLines('**Ben:** hello', beginningsOf('person', 'Anna'), []), undefined);
  assert.equal(withoutLines('-# (removed)', ['-# '], []), undefined);
});
