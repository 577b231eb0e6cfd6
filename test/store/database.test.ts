import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase, StoreError } from '../../src/store/database.ts';

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'parley-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

const refuses = (url: string, message: RegExp) =>
  assert.rejects(openDatabase(url), (error) => error instanceof StoreError && message.test(error.message));

test('a file is made with its folders, in WAL mode, with foreign keys and patience', async (context) => {
  const path = join(folder(context), 'one', 'two', 'parley.db');
  const database = await openDatabase(`sqlite:${path}`);
  try {
    assert.ok(existsSync(path));
    const pragma = async (name: string) => Object.values((await database.raw(`PRAGMA ${name}`))[0])[0];
    assert.equal(await pragma('journal_mode'), 'wal');
    assert.equal(await pragma('foreign_keys'), 1);
    assert.equal(await pragma('busy_timeout'), 5_000);
  } finally {
    await database.destroy();
  }
});

test('opening again keeps what is there', async (context) => {
  const url = `sqlite:${join(folder(context), 'parley.db')}`;
  const first = await openDatabase(url);
  await first('guild_settings').insert({ guild_id: '1', changed_at: 5 });
  await first.destroy();
  const second = await openDatabase(url);
  assert.equal((await second('guild_settings').first()).changed_at, 5);
  await second.destroy();
});

test('every migration can be taken back and done again', async () => {
  const database = await openDatabase('sqlite::memory:');
  await database.migrate.rollback(undefined, true);
  assert.equal(await database.schema.hasTable('guild_settings'), false);
  await database.migrate.latest();
  assert.equal(await database.schema.hasTable('guild_settings'), true);
  await database.destroy();
});

test('an address of another kind is refused', async () => {
  await refuses('postgres://x', /sqlite:PATH/);
  await refuses('sqlite:', /sqlite:PATH/);
});

test('a path that cannot be used is one clear sentence', async (context) => {
  const path = folder(context);
  await refuses(`sqlite:${path}`, /cannot be opened: it may be a folder/);
  writeFileSync(join(path, 'file'), 'x');
  await refuses(`sqlite:${path}/file/parley.db`, /folder of the database .* is a file/);
  writeFileSync(join(path, 'text.db'), 'This is certainly no database. '.repeat(50));
  await refuses(`sqlite:${path}/text.db`, /is not a database/);
});

test('a folder without the right to write is named', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, async (context) => {
  const path = join(folder(context), 'locked');
  mkdirSync(path, { mode: 0o500 });
  context.after(() => chmodSync(path, 0o700));
  await refuses(`sqlite:${path}/deep/parley.db`, /cannot be written/);
});

test('a database of a newer version is not touched', async (context) => {
  const url = `sqlite:${join(folder(context), 'parley.db')}`;
  const database = await openDatabase(url);
  await database('migrations').insert({ name: '999-from-the-future', batch: 2, migration_time: new Date() });
  await database.destroy();
  await refuses(url, /written by a newer version/);
});
