// What lies on the disk: bound to its row, never readable, whatever moment the process is killed at.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase, StoreError } from '../../src/store/database/database.ts';
import { decrypt, rekey, unlock } from '../../src/store/encryption/data-key.ts';
import { sealedTables } from '../../src/store/encryption/encrypted-columns.ts';
import { AesTextCipher, openText, type TextCipher } from '../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { keptLog } from '../support/doubles/log.ts';
import { olderSeal } from '../support/doubles/older-cipher.ts';
import { fill, wordOf } from '../support/generators/many-lines.ts';
import { fillEveryTable } from '../support/world/every-table.ts';

const KEY = Buffer.alloc(32, 1);
const NEXT = Buffer.alloc(32, 2);
const MARK = 'Quetzalcoatlus';
/** What fillEveryTable() seals. */
const TEXTS = 27;
const { log } = keptLog();
const refused = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error) => error instanceof StoreError && message.test(error.message));

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-rest-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const urlIn = (folder: string): string => `sqlite:${join(folder, 'parley.db')}`;
const bytesIn = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');

/** Every sealed text of the database, opened; a text of another form, or one that does not open, throws. */
async function everyText(database: Database, seal: TextCipher): Promise<string[]> {
  const texts: string[] = [];
  for (const [table, { sealed }] of Object.entries(sealedTables)) {
    for (const row of await database(table)) {
      for (const name of sealed) if (row[name] !== null) texts.push(seal.open(`${table}.${name}`, row[name], row));
    }
  }
  return texts;
}

/** What a kill leaves at each statement of `act`: copies of the file and its log, with the statement. */
async function killedAtEach(folder: string, database: Database, act: () => Promise<unknown>) {
  const left: { readonly folder: string; readonly sql: string }[] = [];
  const keep = ({ sql }: { readonly sql: string }): void => {
    const copy = join(folder, `killed-${left.length}`);
    mkdirSync(copy);
    for (const name of ['parley.db', 'parley.db-wal']) cpSync(join(folder, name), join(copy, name));
    left.push({ folder: copy, sql });
  };
  database.on('query', keep);
  await act();
  database.off('query', keep);
  return left;
}

test('a sealed text opens in no other row, server, column or person', async (context) => {
  const database = await openDatabase(urlIn(folderOf(context)));
  context.after(() => database.destroy());
  const seal = await unlock(database, KEY, log);
  await fillEveryTable(database, seal, '1', MARK);
  await fillEveryTable(database, seal, '2', `${MARK} of another server`);
  const texts = await everyText(database, seal);
  assert.ok(texts.length > 50 && texts.every((text) => text.includes(MARK)));
  for (const [table, { sealed, boundTo }] of Object.entries(sealedTables)) {
    const [one, other] = await database(table).orderBy('guild_id');
    for (const name of sealed) {
      const column = `${table}.${name}`;
      assert.throws(() => seal.open(column, other[name], one), StoreError, `${column} of another server`);
      for (const bound of boundTo) {
        assert.throws(
          () => seal.open(column, one[name], { ...one, [bound]: '7' }),
          StoreError,
          `${column} by ${bound}`,
        );
      }
    }
  }
  // Whoever can write the file cannot have one person's words told as another's.
  await database('utterances').where({ guild_id: '1' }).update({ user_id: '200' });
  await refused(Array.fromAsync(new StoredRecord(database, seal).lines({ guildId: '1' })), /damaged, or was moved/);
});

test('what is not encrypted is refused in an encrypted database, also after its state was changed by hand', async (context) => {
  const database = await openDatabase(urlIn(folderOf(context)));
  context.after(() => database.destroy());
  const seal = await unlock(database, KEY, log);
  await fillEveryTable(database, seal, '1', MARK);
  await database('utterances').update({ text: 'I owe Ben a thousand dollars' });
  await refused(Array.fromAsync(new StoredRecord(database, seal).lines({ guildId: '1' })), /is not encrypted, though/);
  await unlock(database, KEY, log);
  await refused(Array.fromAsync(new StoredRecord(database, seal).lines({ guildId: '1' })), /is not encrypted, though/);
  await database('record_key').update({ state: 'sealing' });
  await refused(unlock(database, KEY, log), /record_key\.probe/);
  await database('record_key').update({ probe: 'parley' });
  await refused(unlock(database, KEY, log), /is not the key/);
});

test('a database that an older version encrypted is bound to its rows at the next start, also if that is broken off', async (context) => {
  const folder = folderOf(context);
  const database = await openDatabase(urlIn(folder));
  context.after(() => database.destroy());
  const older = olderSeal(KEY);
  await database('record_key').insert({
    one: 1,
    key_id: older.keyId,
    probe: older.seal('record_key.probe', 'parley'),
    state: 'sealed',
  });
  await fill(database, older, 1_450);
  await fillEveryTable(database, older, '2', MARK);
  await database.raw(
    "CREATE TRIGGER fuse BEFORE UPDATE ON utterances WHEN old.turn_id = 1300 BEGIN SELECT RAISE(ABORT, 'power cut'); END",
  );
  await assert.rejects(unlock(database, KEY, log), /power cut/);
  await refused(unlock(database, NEXT, log), /is not the key/);
  await database.raw('DROP TRIGGER fuse');
  const seal = await unlock(database, KEY, log);
  const texts = await everyText(database, seal);
  assert.equal(texts.filter((text) => text.startsWith('Person ')).length, 1_450);
  const { finds } = await new StoredRecord(database, seal).search({
    guildId: '1',
    channelIds: ['10'],
    text: wordOf(3),
  });
  assert.ok(finds.length > 5, 'the index of words still finds them');
  const [row] = await database('utterances').where({ guild_id: '1' });
  const moved = older.seal('utterances.text', 'from an old copy');
  assert.throws(() => seal.open('utterances.text', moved, row), /damaged/);
});

test('encrypting can be killed at every statement: the last step leaves nothing readable, and the next start goes on', async (context) => {
  const folder = folderOf(context);
  const database = await openDatabase(urlIn(folder));
  context.after(() => database.destroy());
  await fillEveryTable(database, openText, '1', MARK);
  assert.ok(bytesIn(folder).includes(MARK));
  const left = await killedAtEach(folder, database, () => unlock(database, KEY, log));
  const last = left.findIndex(({ sql }) => sql === 'VACUUM');
  assert.ok(left.length > 30 && last > 0);
  for (const [at, killed] of left.entries()) {
    if (at >= last) assert.ok(!bytesIn(killed.folder).includes(MARK), `readable after a kill at ${killed.sql}`);
    // Each start costs some 50 ms: every third, and all of the end.
    if (at % 3 > 0 && at < last - 2) continue;
    const again = await openDatabase(urlIn(killed.folder));
    try {
      const texts = await everyText(again, await unlock(again, KEY, log));
      assert.equal(texts.filter((text) => text.includes(MARK)).length, TEXTS, `at ${killed.sql}`);
      assert.ok(!bytesIn(killed.folder).includes(MARK), `at ${killed.sql}`);
    } finally {
      await again.destroy();
    }
  }
});

test('changing the key can be killed at every statement: no text is readable or lost, and the same two keys go on', async (context) => {
  const folder = folderOf(context);
  const database = await openDatabase(urlIn(folder));
  context.after(() => database.destroy());
  await fillEveryTable(database, await unlock(database, KEY, log), '1', MARK);
  await refused(rekey(database, { from: NEXT, to: KEY }), /already/);
  await refused(rekey(database, { from: Buffer.alloc(32, 7), to: NEXT }), /is not the key/);
  await refused(rekey(database, { from: KEY, to: KEY }), /same key/);
  const left = await killedAtEach(folder, database, () => rekey(database, { from: KEY, to: NEXT }));
  assert.ok(left.length > 30);
  const old = new AesTextCipher(KEY).head.toString('latin1');
  for (const [at, killed] of left.entries()) {
    assert.ok(!bytesIn(killed.folder).includes(MARK), `readable after a kill at ${killed.sql}`);
    if (at % 3 > 0 && at < left.length - 4) continue;
    const again = await openDatabase(urlIn(killed.folder));
    try {
      const { state, key_id } = await again('record_key').first();
      const isDone = key_id === new AesTextCipher(NEXT).keyId;
      if (state === 'rekeying') {
        for (const key of [KEY, NEXT]) await refused(unlock(again, key, log), /only half changed/);
        await refused(decrypt(again, KEY), /only half changed/);
        await refused(rekey(again, { from: KEY, to: Buffer.alloc(32, 9) }), /another DATA_KEY_NEW/);
      }
      if (state === 'sealed' && !isDone) await unlock(again, KEY, log);
      if (!isDone) await rekey(again, { from: KEY, to: NEXT });
      const seal = await unlock(again, NEXT, log);
      assert.equal((await everyText(again, seal)).filter((text) => text.includes(MARK)).length, TEXTS, killed.sql);
      const { finds } = await new StoredRecord(again, seal).search({ guildId: '1', channelIds: ['10'], text: MARK });
      assert.equal(finds.length, 1, 'it is found by its words');
      await refused(unlock(again, KEY, log), /is not the key/);
      await refused(rekey(again, { from: KEY, to: NEXT }), /has the new key already/);
      if (!isDone) assert.ok(!bytesIn(killed.folder).includes(old), `sealed with the old key after ${killed.sql}`);
    } finally {
      await again.destroy();
    }
  }
});

test('kill -9 at random moments of encrypting and of changing the key', async (context) => {
  const folder = folderOf(context);
  const database = await openDatabase(urlIn(folder));
  await fill(database, openText, 2_500);
  await fillEveryTable(database, openText, '2', MARK);
  await database.destroy();
  const sealed = await killedUntilDone(folder, [KEY.toString('hex'), '']);
  assert.ok(!bytesIn(folder).includes(MARK) && !bytesIn(folder).includes('Person '));
  const rekeyed = await killedUntilDone(folder, [KEY.toString('hex'), NEXT.toString('hex')], () => {
    assert.ok(!bytesIn(folder).includes(MARK) && !bytesIn(folder).includes('Person '), 'readable after a kill');
  });
  context.diagnostic(`${sealed} kills while it was encrypted, ${rekeyed} while its key was changed`);
  assert.ok(sealed >= 2 && rekeyed >= 2);
  const again = await openDatabase(urlIn(folder));
  context.after(() => again.destroy());
  const texts = await everyText(again, await unlock(again, NEXT, log));
  assert.equal(texts.filter((text) => text.startsWith('Person ')).length, 2_500);
  assert.equal(texts.filter((text) => text.includes(MARK)).length, TEXTS);
});

/** Starts it again and again, each time killed a little later. Gives how many kills it took. */
async function killedUntilDone(folder: string, keys: readonly string[], killed = () => {}): Promise<number> {
  const program = fileURLToPath(new URL('../support/process/reseal-child.ts', import.meta.url));
  for (let kills = 0, afterMs = 15; ; kills += 1, afterMs = afterMs * 2 + Math.random() * 60) {
    const child = spawn(process.execPath, [program, urlIn(folder), ...keys], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (some) => {
      if (told === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      told += some;
    });
    await new Promise((resolve) => child.once('close', resolve));
    if (told.includes('done')) return kills;
    killed();
  }
}

test('the file, its log and its index are this user’s alone, also where an older version made them readable', async (context) => {
  const folder = join(folderOf(context), 'data');
  const database = await openDatabase(urlIn(folder));
  await database('guild_settings').insert({ guild_id: '1', changed_at: 1 });
  const modes = (): string[] =>
    readdirSync(folder).map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8));
  assert.deepEqual(modes(), ['600', '600', '600']);
  assert.equal((statSync(folder).mode & 0o777).toString(8), '700');
  await database.destroy();
  chmodSync(join(folder, 'parley.db'), 0o644);
  await (await openDatabase(urlIn(folder))).destroy();
  assert.deepEqual(modes(), ['600']);
});
