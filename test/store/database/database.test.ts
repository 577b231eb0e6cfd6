import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exitCodeOf } from '../../../src/process/exit-code.ts';
import { type Database, openDatabase, StoreError, startFailure } from '../../../src/store/database/database.ts';
import { InstanceLock } from '../../../src/store/database/instance-lock.ts';

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

test("file, write-ahead log and folders are this user's alone, whatever the umask", async (context) => {
  const before = process.umask(0);
  context.after(() => process.umask(before));
  const path = join(folder(context), 'one', 'two', 'parley.db');
  const database = await openDatabase(`sqlite:${path}`);
  await database('guild_settings').insert({ guild_id: '1', changed_at: 5 });
  const mode = (name: string) => (statSync(name).mode & 0o777).toString(8);
  assert.deepEqual([path, `${path}-wal`, `${path}-shm`].map(mode), ['600', '600', '600']);
  assert.deepEqual([join(path, '..'), join(path, '..', '..')].map(mode), ['700', '700']);
  await database.destroy();
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

test('a transaction that reads first and then writes waits for another process that writes', async (context) => {
  const url = `sqlite:${join(folder(context), 'parley.db')}`;
  const [one, other] = [await openDatabase(url), await openDatabase(url)];
  try {
    /** Counts and writes in one, as those do that hold a limit. */
    const count = (database: Database, guildId: string) =>
      database.transaction(async (inside) => {
        const [row] = await inside('guild_settings').count({ count: '*' });
        await new Promise((resolve) => setTimeout(resolve, 20));
        await inside('guild_settings').insert({ guild_id: guildId, changed_at: Number(row?.count) });
      });
    const ids = Array.from({ length: 10 }, (_, index) => `${index}`);
    await Promise.all(ids.map((id) => count(Number(id) % 2 ? one : other, id)));
    const rows = await one('guild_settings').orderBy('changed_at');
    assert.deepEqual(
      rows.map(({ changed_at }) => changed_at),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      'each saw what was written before it',
    );
  } finally {
    await Promise.all([one.destroy(), other.destroy()]);
  }
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

test('processes that start at the same moment on a new file leave one that holds the lock, and a file that opens', async (context) => {
  const place = folder(context);
  const play = async (round: number): Promise<void> => {
    const url = `sqlite:${join(place, `together-${round}.db`)}`;
    const opened: Database[] = [];
    const locks: InstanceLock[] = [];
    const start = async (host: string): Promise<string> => {
      const database = await openDatabase(url);
      opened.push(database);
      return InstanceLock.take(database, { botId: '1', host }).then(
        (lock) => {
          locks.push(lock);
          return 'has it';
        },
        (error: unknown) => (error instanceof StoreError ? error.message.slice(0, 27) : String(error)),
      );
    };
    const told = await Promise.all(['one', 'two', 'three', 'four'].map(start));
    told.sort();
    assert.deepEqual(told, [...Array(3).fill('This bot is already running'), 'has it']);
    for (const lock of locks) await lock.release();
    await Promise.all(opened.map((one) => one.destroy()));
    await (await openDatabase(url)).destroy();
  };
  await Promise.all([play(0), play(1)]);
});

test('a file whose migrator left its lock taken, or two of it, opens', async (context) => {
  const url = `sqlite:${join(folder(context), 'locked.db')}`;
  const database = await openDatabase(url);
  await database('migrations_lock').insert({ is_locked: 1 });
  await database.destroy();
  const again = await openDatabase(url);
  assert.deepEqual(await again('migrations_lock').pluck('is_locked'), [0]);
  await again.destroy();
});

test('a database that another program holds is a matter of time; one that is damaged is not', async () => {
  const url = 'sqlite:data/parley.db';
  const held = await startFailure(new Error('SQLITE_BUSY: database is locked'), url);
  assert.match(
    held.message,
    /^The database data\/parley\.db is in use by another process, such as a backup, for too long/,
  );
  const later = new StoreError('The settings cannot be read.', { cause: new Error('SQLITE_BUSY: database is locked') });
  const damaged = await startFailure(new Error('SQLITE_CORRUPT: database disk image is malformed'), url);
  const codes = [held, await startFailure(later, url), damaged].map(exitCodeOf);
  assert.deepEqual(codes, [75, 75, 1]);
});
