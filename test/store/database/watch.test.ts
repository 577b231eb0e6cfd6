import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../../src/store/database/database.ts';
import { LateWork } from '../../../src/store/database/late-work.ts';
import { LateWrites } from '../../../src/store/database/late-writes.ts';
import { DatabaseWatch } from '../../../src/store/database/watch.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { eventually } from '../../support/time/eventually.ts';

/** A database, and another connection to it that can lock it. */
async function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-watch-'));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const database = await openDatabase(url);
  const other = await openDatabase(url);
  const { log, lines } = keptLog();
  const watch = new DatabaseWatch({ database, log });
  context.after(async () => {
    await watch.stop();
    await database.destroy();
    await other.destroy();
    rmSync(folder, { recursive: true });
  });
  await database.raw('CREATE TABLE said (words TEXT UNIQUE)');
  const insert = (words: string) => database('said').insert({ words });
  const kept = async () => (await other('said').orderBy('rowid')).map(({ words }) => words);
  return { database, other, watch, lines, insert, kept };
}

test('work that a locked database did not take is done in its order once it is free', async (context) => {
  const { other, watch, insert, kept } = await setUp(context);
  const lost: string[] = [];
  const work = new LateWork<string>({
    what: 'words',
    act: async (words) => void (await insert(words)),
    most: 2,
    lost: (words) => lost.push(words),
    health: watch,
  });
  await other.raw('BEGIN IMMEDIATE');
  for (const words of ['one', 'two', 'three', 'two']) await work.run(words);
  assert.equal(watch.trouble?.reason, 'another program holds the database');
  await other.raw('COMMIT');
  await eventually('the database is well again', () => watch.trouble === undefined);
  assert.deepEqual(await kept(), ['three', 'two']);
  assert.deepEqual(lost, ['one', 'two']);
});

test('a piece of work that is wrong itself is no trouble of the database', async (context) => {
  const { watch, insert } = await setUp(context);
  const work = new LateWork<string>({
    what: 'words',
    act: async (words) => void (await insert(words)),
    most: 9,
    lost: () => {},
    health: watch,
  });
  await work.run('one');
  await assert.rejects(work.run('one'), /UNIQUE/);
  assert.equal(watch.trouble, undefined);
  assert.equal(watch.writable, true);
});

test('of writes that follow each other the last one stays, also where the first could not be written', async (context) => {
  const { database, other, watch } = await setUp(context);
  const writes = new LateWrites('choices', watch);
  const choose = (choice: string) =>
    writes.run('anna', () =>
      database('guild_settings')
        .insert({ guild_id: 'anna', voice: choice, changed_at: 0 })
        .onConflict('guild_id')
        .merge(),
    );
  await other.raw('BEGIN IMMEDIATE');
  await assert.rejects(choose('in'), /BUSY/);
  await assert.rejects(choose('out'), /BUSY/);
  await other.raw('COMMIT');
  await eventually('the database is well again', () => watch.trouble === undefined);
  assert.equal((await other('guild_settings').where({ guild_id: 'anna' }).first()).voice, 'out');
});
