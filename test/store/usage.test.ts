import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { type UsageRow, UsageStore } from '../../src/store/usage.ts';
import { keptLog } from '../support/doubles/log.ts';
import { eventually } from '../support/time/eventually.ts';

const row: UsageRow = {
  guild_id: '1',
  channel_id: '2',
  user_id: '3',
  name: 'Anna',
  provider: 'openai',
  model: 'gpt-realtime-2.1',
  day: '2026-11-21',
  replies: 0.5,
  estimated_replies: 0,
  seconds: 1,
  searches: 0,
  text_in: 10,
  cached_text_in: 0,
  audio_in: 7.5,
  cached_audio_in: 0,
  text_out: 3,
  audio_out: 20,
};

test('what is added stands in one row per guild, channel, person, model and day', async () => {
  const database = await openDatabase('sqlite::memory:');
  const store = new UsageStore(database, keptLog().log);
  await store.add([row, { ...row, user_id: '4', name: 'Ben' }]);
  await Promise.all([store.add([{ ...row, name: 'Anna B.' }]), store.add([{ ...row, day: '2026-11-20' }])]);
  await store.add([{ ...row, guild_id: '9' }]);
  assert.deepEqual(
    (await store.since('1', '2026-11-20')).map((one) => [one.day, one.name, one.replies, one.audio_in]),
    [
      ['2026-11-20', 'Anna', 0.5, 7.5],
      ['2026-11-21', 'Anna B.', 1, 15],
      ['2026-11-21', 'Ben', 0.5, 7.5],
    ],
  );
  assert.equal((await store.since('1', '2026-11-21')).length, 2);
  assert.equal((await database('usage')).length, 4);
  await database.destroy();
});

test('nothing is lost while another process holds the database, and the log says so once', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-usage-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const database = await openDatabase(url);
  const other = await openDatabase(url);
  await database.raw('PRAGMA busy_timeout = 0');
  const { log, lines } = keptLog();
  const store = new UsageStore(database, log, 20);
  const holding = await other.transaction();
  await holding('guild_settings').insert({ guild_id: '1', changed_at: 0 });
  await store.add([row]);
  await store.add([row]);
  assert.equal((await store.since('1', row.day))[0]?.replies, 1, 'what waits is counted');
  assert.equal((await database('usage')).length, 0);
  await holding.rollback();
  await eventually('usage is stored', async () => (await database('usage')).length !== 0);
  const [kept] = await database<UsageRow>('usage');
  assert.deepEqual([kept?.replies, kept?.text_in], [1, 20]);
  assert.equal(lines.filter(({ msg }) => /cannot be written yet/.test(String(msg))).length, 1);
  await store.close();
  await other.destroy();
  await database.destroy();
});

test('a last try is made at the end', async () => {
  const database = await openDatabase('sqlite::memory:');
  const store = new UsageStore(database, keptLog().log, 60_000);
  await database.schema.renameTable('usage', 'gone');
  await store.add([row]);
  await database.schema.renameTable('gone', 'usage');
  await store.close();
  assert.equal((await database('usage')).length, 1);
  await database.destroy();
});
