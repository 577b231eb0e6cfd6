import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Database, openDatabase, StoreError } from '../../../src/store/database/database.ts';
import { decrypt, tryKey, unlock } from '../../../src/store/encryption/data-key.ts';
import { AesTextCipher, openText, type TextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { fill, wordOf } from '../../support/generators/many-lines.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);
const { log } = keptLog();
const refused = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error) => error instanceof StoreError && message.test(error.message));

function place(context: TestContext): { folder: string; url: string } {
  const folder = mkdtempSync(join(tmpdir(), 'parley-key-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return { folder, url: `sqlite:${join(folder, 'parley.db')}` };
}

const bytesIn = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');

/** Finds in which it stands as a whole word: an encrypted record knows no others. */
async function finds(database: Database, seal: TextCipher, text: string): Promise<number> {
  const record = new StoredRecord(database, seal);
  const { finds } = await record.search({ guildId: '1', channelIds: ['10'], text, limit: 100 });
  return finds.filter(({ utterance }) => utterance.text.split(' ').includes(text)).length;
}

test('a key encrypts what is there, leaves no word of it in the file, and is needed from then on', async (context) => {
  const { folder, url } = place(context);
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  const word = wordOf(3);
  await fill(database, await unlock(database, null, log), 450);
  const before = await finds(database, openText, word);
  assert.ok(before > 5);
  const words = wordOf(19_900 % 300);
  assert.ok(bytesIn(folder).includes('Person 3'));
  const seal = await unlock(database, KEY, log);
  assert.equal(await finds(database, seal, word), before);
  const [line] = await Array.fromAsync(new StoredRecord(database, seal).lines({ guildId: '1' }));
  assert.equal(line?.kind === 'utterance' && line.name, 'Person 0');
  assert.equal((await unlock(database, KEY, log)).keyId, seal.keyId, 'the same key opens it again');
  await refused(unlock(database, null, log), /^The database is encrypted, and DATA_KEY is not set/);
  await refused(unlock(database, OTHER, log), /^DATA_KEY is not the key/);
  await database.destroy();
  const bytes = bytesIn(folder);
  for (const gone of ['Person', word, words]) assert.ok(!bytes.includes(gone), gone);
});

test('the doctor is told whether the key fits, and nothing is changed by that', async (context) => {
  const { url } = place(context);
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  assert.match(await tryKey(database, null), /^off, as DATA_KEY is not set/);
  assert.match(await tryKey(database, KEY), /^DATA_KEY is set, and npm start encrypts/);
  assert.deepEqual(await database('record_key'), []);
  await unlock(database, KEY, log);
  assert.equal(await tryKey(database, KEY), 'DATA_KEY is the key that the database was encrypted with');
  await refused(tryKey(database, null), /^The database is encrypted, and DATA_KEY is not set/);
  await refused(tryKey(database, OTHER), /^DATA_KEY is not the key/);
});

test('encrypting that was broken off goes on at the next start', async (context) => {
  const { url } = place(context);
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  await fill(database, openText, 1_450);
  const before = await finds(database, openText, wordOf(3));
  await database.raw(
    "CREATE TRIGGER fuse BEFORE UPDATE ON utterances WHEN old.turn_id = 1300 BEGIN SELECT RAISE(ABORT, 'power cut'); END",
  );
  await assert.rejects(unlock(database, KEY, log), /power cut/);
  const done = await database('utterances').whereRaw("typeof(text) = 'blob'").count('* as n').first();
  assert.equal(done?.n, 1_000);
  await refused(unlock(database, OTHER, log), /is not the key/);
  await database.raw('DROP TRIGGER fuse');
  assert.equal(await finds(database, await unlock(database, KEY, log), wordOf(3)), before);
  const kinds = await database('utterances').distinct(database.raw('typeof(text) AS kind'));
  assert.deepEqual(kinds, [{ kind: 'blob' }]);
});

test('who starts the bot is told how far the encryption is', async (context) => {
  const { url } = place(context);
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  await fill(database, openText, 450);
  const { log: told, lines } = keptLog();
  await unlock(database, KEY, told);
  await unlock(database, KEY, told);
  const message = 'encrypting the database: the bot goes online when this is done';
  assert.deepEqual(
    lines.map(({ msg, rows, of }) => ({ msg, rows, of })),
    [
      { msg: message, rows: 0, of: 450 },
      { msg: message, rows: 450, of: 450 },
      { msg: 'the database is encrypted now', rows: 450, of: undefined },
    ],
  );
});

test('the encryption is taken off with the key alone', async (context) => {
  const { url } = place(context);
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  const seal = await unlock(database, KEY, log);
  await fill(database, seal, 450);
  const before = await finds(database, seal, wordOf(3));
  await refused(decrypt(database, OTHER), /is not the key/);
  assert.equal(await decrypt(database, KEY), 450);
  assert.equal((await unlock(database, null, log)).keyId, null);
  assert.equal(await finds(database, openText, wordOf(3)), before);
  await refused(decrypt(database, KEY), /not encrypted/);
});

test('a sealed text opens with its key, in its column, unchanged', () => {
  const seal = new AesTextCipher(KEY);
  for (const text of ['', 'Hello', '🦜 \u202e\u0000', 'x'.repeat(100_000)]) {
    assert.equal(seal.open('a.b', seal.seal('a.b', text)), text);
  }
  const sealed = seal.seal('a.b', 'Hello');
  assert.notDeepEqual(sealed, seal.seal('a.b', 'Hello'), 'each value has a nonce of its own');
  assert.throws(() => seal.open('a.c', sealed), /\(a\.c\) is damaged/);
  const changed = Buffer.from(sealed);
  changed[changed.length - 1]! ^= 1;
  assert.throws(() => seal.open('a.b', changed), /is damaged/);
  assert.throws(() => seal.open('a.b', Buffer.alloc(3)), /is damaged/);
  assert.throws(() => new AesTextCipher(OTHER).open('a.b', sealed), /another key/);
  assert.throws(() => openText.open('a.b', sealed), /set DATA_KEY/);
  assert.throws(() => new AesTextCipher(Buffer.alloc(16)), TypeError);
});
