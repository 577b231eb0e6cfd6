import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { unlock } from '../../src/store/encryption/data-key.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { keptLog } from '../support/doubles/log.ts';
import { recordInto } from '../support/world/recorded-lines.ts';

for (const [how, key] of [
  ['as it is', null],
  ['encrypted', Buffer.alloc(32, 7)],
] as const) {
  test(`every name that somebody had is known, in the channels that are asked for (${how})`, async (context) => {
    const database = await openDatabase('sqlite::memory:');
    context.after(() => database.destroy());
    const seal = await unlock(database, key, keptLog().log);
    const said = (userId: string, name: string, channelId = 'open') => ({ userId, name, channelId, text: 'cake' });
    await recordInto(new RecordStore(database, seal), 'g', [
      said('1', 'Cleo'),
      said('2', 'Dora'),
      said('1', 'Secret', 'closed'),
      said('1', 'Sunny'),
      said('1', 'Sunny'),
    ]);
    const record = new StoredRecord(database, seal);
    assert.deepEqual(await record.everyName({ guildId: 'g', channelIds: ['open'] }), [
      { userId: '1', name: 'Sunny' },
      { userId: '2', name: 'Dora' },
      { userId: '1', name: 'Cleo' },
    ]);
    assert.deepEqual(await record.everyName({ guildId: 'other', channelIds: ['open'] }), []);
  });
}

test('a search takes every word, also the last of a hundred', async (context) => {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const seal = await unlock(database, null, keptLog().log);
  const letters = Array.from({ length: 60 }, (_, at) => `w${at}`);
  const text = letters.join(' ');
  const store = new RecordStore(database, seal);
  await recordInto(store, 'g', [{ userId: '1', name: 'Cleo', channelId: 'open', text }]);
  const record = new StoredRecord(database, seal);
  const found = async (words: string) =>
    (await record.search({ guildId: 'g', channelIds: ['open'], text: words })).finds.length;
  assert.equal(await found(text), 1);
  assert.equal(await found(`${text} missing`), 0);
  assert.equal(await found(`${letters.slice(0, 40).join(' ')} missing`), 0);
});
