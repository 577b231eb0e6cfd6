import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordSearch } from '../../../src/ports/record.ts';
import { openDatabase } from '../../../src/store/database/database.ts';
import { openText } from '../../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { AT, conversation, utterance } from '../../support/world/stored-lines.ts';

const LINES = 200_000;
const EVERY_MS = 1_000;
const RUNS = 15;

test('a search begins and ends in the index where its span does, however many lines are newer or older', async (context) => {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  // The index alone: finds are not what is measured. A longer word also finds what begins with it, which FTS5 gathers first.
  await database.raw(
    `WITH RECURSIVE line (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM line WHERE at < ${LINES})
     INSERT INTO words (rowid, text, scope) SELECT (${AT} + at * ${EVERY_MS}) * 1024, 'ja', 'c2' FROM line`,
  );
  const record = new StoredRecord(database, openText);
  const quickest = async (span: Pick<RecordSearch, 'since' | 'until'>): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const began = performance.now();
      await record.search({ guildId: '1', channelIds: ['2'], text: 'ja', ...span });
      times.push(performance.now() - began);
    }
    return Math.min(...times);
  };
  const newest = await quickest({});
  const oldest = await quickest({ until: AT + 100 * EVERY_MS });
  const none = await quickest({ since: AT + 100 * EVERY_MS + 1, until: AT + 100 * EVERY_MS + 2 });
  const figures = `newest ${newest}, oldest ${oldest}, none ${none}`;
  // To go through all the lines takes ten times as long as the newest ten.
  assert.ok(oldest < newest * 4 && none < newest * 4, figures);
});

test('a search finds what fits in text, channel, person and conversation, whichever of them are asked for', async (context) => {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const lines = [
    utterance(1, 'red apples', { channelId: '2', userId: '5' }),
    utterance(2, 'red pears', { channelId: '3', userId: '5' }),
    utterance(3, 'red plums', { channelId: '3', userId: '6' }),
    utterance(4, 'green plums', { channelId: '4', userId: '6' }),
  ];
  await new RecordStore(database, openText).write({ conversation, turns: [], lines });
  const record = new StoredRecord(database, openText);
  const search = async (asked: Partial<RecordSearch>) => {
    const { finds } = await record.search({ guildId: '1', channelIds: ['2', '3', '4'], ...asked });
    return finds.map(({ utterance }) => utterance.text);
  };
  assert.deepEqual(await search({ text: 'red' }), ['red plums', 'red pears', 'red apples']);
  assert.deepEqual(await search({ text: 'red', channelIds: ['2', '4'] }), ['red apples']);
  assert.deepEqual(await search({ text: 'plums', channelIds: ['3'] }), ['red plums']);
  assert.deepEqual(await search({ text: 'plums red' }), ['red plums']);
  assert.deepEqual(await search({ text: 'red', userId: '5', channelIds: ['3', '4'] }), ['red pears']);
  assert.deepEqual(await search({ userId: '6' }), ['green plums', 'red plums']);
  assert.deepEqual(await search({ channelIds: ['3'] }), ['red plums', 'red pears']);
  const { id: conversationId } = conversation;
  assert.deepEqual(await search({ conversationId, text: 'green' }), ['green plums']);
  assert.deepEqual(await search({ conversationId: conversationId + 1, text: 'green' }), []);
  assert.deepEqual(await search({ text: 'nowhere' }), []);
});
