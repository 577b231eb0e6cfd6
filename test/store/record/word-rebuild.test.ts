// An index of words that is built beside the one that is searched, and takes its place: whatever happens meanwhile.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase, openReader } from '../../../src/store/database/database.ts';
import { decrypt, unlock } from '../../../src/store/encryption/data-key.ts';
import { openText, type TextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { GuildStore } from '../../../src/store/guild-store.ts';
import { PersonStore } from '../../../src/store/personal/person-store.ts';
import { deleteLines } from '../../../src/store/record/delete-lines.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { Reindexing } from '../../../src/store/record/reindexing.ts';
import { WORD_FORM } from '../../../src/store/record/search-terms.ts';
import { beginNextWords, swapWords } from '../../../src/store/record/word-tables.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { checkWords, FORMER, makeFormer } from '../../support/generators/former-words.ts';
import { conversation, utterance } from '../../support/world/stored-lines.ts';

const LINES = 2_200;
const AT_ONCE = 200;
const KILLS = 8;
const MOST_BEFORE = 6;
const CHILD = fileURLToPath(new URL('../../support/process/reindexing-child.ts', import.meta.url));
const KEY = Buffer.alloc(32, 1);

const textOf = (at: number): string => `Straße ${at % 7} word${at}q`;

/** A record of lines that each have a word of their own, with the words in the form of before. */
async function former(context: TestContext, key: Buffer | null = null, count = LINES) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-words-'));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const database = await openDatabase(url);
  context.after(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true });
  });
  const seal = await unlock(database, key, keptLog().log);
  const lines = Array.from({ length: count }, (_, at) => utterance(at + 1, textOf(at)));
  const store = new RecordStore(database, seal);
  await database.raw('PRAGMA synchronous = OFF');
  for (let from = 0; from < count; from += AT_ONCE) {
    await store.write({ conversation, turns: [], lines: lines.slice(from, from + AT_ONCE) });
  }
  await makeFormer(database);
  await database.raw('PRAGMA synchronous = FULL');
  return { folder, url, database, seal, store, lines };
}

function reindexing(database: Database, seal: TextCipher, reader = database): Reindexing {
  return new Reindexing({ database, reader, seal, log: keptLog().log });
}

async function search(reader: Database, seal: TextCipher, text: string): Promise<number> {
  const { finds } = await new StoredRecord(reader, seal).search({ guildId: '1', channelIds: ['2'], text });
  return finds.length;
}

for (const [how, key] of [
  ['as it is', null],
  ['encrypted', KEY],
] as const) {
  test(`an index of many lines is built anew and searched from one moment to the next (${how})`, async (context) => {
    const { folder, database, seal } = await former(context, key);
    const { reader, close } = openReader(database);
    context.after(close);
    assert.equal(await search(reader, seal, 'word17q'), 0);
    const work = reindexing(database, seal, reader);
    const running = work.run();
    const isFound = async () => (await search(reader, seal, 'word17q')) === 1;
    while (!(await isFound())) {
      // What is found already has to be all there is.
    }
    assert.equal(await search(reader, seal, `word${LINES - 1}q`), 1);
    assert.equal(await running, LINES);
    await checkWords(database, seal, { folder });
    assert.equal(await reindexing(database, seal).run(), 0);
  });
}

test('can be killed at each statement, and goes on where it was', async (context) => {
  const { folder, database, seal, lines } = await former(context);
  const left: { readonly folder: string; readonly sql: string }[] = [];
  let statements = 0;
  const keep = ({ sql }: { readonly sql: string }): void => {
    statements += 1;
    // Each start costs half a second: some of the long way there, and the step from one index to the other.
    if (!/^(ALTER|DROP|CREATE VIRTUAL|COMMIT)/.test(sql) && (statements % 16 > 0 || left.length >= MOST_BEFORE)) return;
    if (sql.startsWith('COMMIT') && !left.at(-1)?.sql.startsWith('CREATE')) return;
    const copy = join(folder, `killed-${left.length}`);
    mkdirSync(copy);
    for (const name of ['parley.db', 'parley.db-wal']) cpSync(join(folder, name), join(copy, name));
    left.push({ folder: copy, sql });
  };
  database.on('query', keep);
  assert.equal(await reindexing(database, seal).run(), LINES);
  database.off('query', keep);
  const swap = left.findIndex(({ sql }) => sql.startsWith('ALTER TABLE words_data'));
  assert.ok(swap > 0 && left.length > swap + 10);
  context.diagnostic(`${statements} statements, killed at ${left.length}, of them ${swap} before the swap`);
  for (const killed of left) {
    const again = await openDatabase(`sqlite:${join(killed.folder, 'parley.db')}`);
    try {
      const [first, last] = [lines[3]?.id ?? 0, lines.at(-3)?.id ?? 0];
      await deleteLines(again, [first, last]);
      await reindexing(again, seal).run();
      await checkWords(again, seal, { folder: killed.folder, gone: ['word3q'] });
      assert.equal(await search(again, seal, 'word3q'), 0);
      assert.equal(await search(again, seal, 'word17q'), 1, killed.sql);
    } finally {
      await again.destroy();
    }
  }
});

test('kill -9 at random moments while lines come, change and go: none is lost, none comes back', async (context) => {
  const { folder, url, database } = await former(context, null, 2 * LINES);
  await database.destroy();
  const gone = new Set<string>();
  let kills = 0;
  for (let life = 1; ; life += 1) {
    const child = spawn(process.execPath, [CHILD, url, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (some: string) => {
      // Those that are left after the kills come to the end.
      if (told === '' && kills < KILLS) setTimeout(() => child.kill('SIGKILL'), Math.random() * 150);
      told += some;
    });
    const [code] = await once(child, 'close');
    assert.ok(code === null || code === 0, 'it does not end by itself');
    // The last word may be half of one.
    for (const word of told.split('\n').slice(0, -1)) if (word.endsWith('q')) gone.add(word);
    if (told.includes('done')) break;
    kills += 1;
  }
  context.diagnostic(`${kills} kills, ${gone.size} lines went`);
  assert.ok(kills >= 3 && gone.size > 20, `${kills} kills, ${gone.size} lines went`);
  const again = await openDatabase(url);
  try {
    await checkWords(again, openText, { folder, gone: [...gone] });
    for (const word of gone) assert.equal(await search(again, openText, word), 0, word);
  } finally {
    await again.destroy();
  }
});

test('what an even older version began to build is given up, and nothing of it stays', async (context) => {
  const { folder, database, seal } = await former(context);
  await database.transaction(async (transaction) => {
    await beginNextWords(transaction, WORD_FORM - 1);
    await transaction.raw(`INSERT INTO next_words (rowid, text, scope) VALUES (1, '${FORMER}est', 'c2')`);
    await transaction('word_index').update({ built_to: 1 });
  });
  assert.equal(await reindexing(database, seal).run(), LINES);
  await checkWords(database, seal, { folder });
});

for (const [when, looks] of [
  ['before it begins', 0],
  ['in the middle of it', 1],
] as const) {
  test(`where the disk lacks room ${when}, lines are written where they stand`, async (context) => {
    const { database, seal } = await former(context);
    let looked = 0;
    const room = async () => ({ bytes: looked++ < looks ? Number.MAX_SAFE_INTEGER : 0 });
    const work = new Reindexing({ database, reader: database, seal, log: keptLog().log, room });
    assert.ok((await work.run()) >= LINES);
    assert.equal(looked, looks + 1);
    await checkWords(database, seal);
  });
}

for (const [who, settle] of [
  [
    'who is forgotten',
    (database: Database) =>
      new PersonStore({ database, reader: database, seal: openText, beginningsOf: () => null }).settle(),
  ],
  [
    'a server that is left',
    (database: Database) => new GuildStore(database, { forgetGuild: async () => 0 }).erase('7'),
  ],
] as const) {
  test(`${who} just after the new index took over is gone from the former one, too`, async (context) => {
    const { folder, database, seal, lines } = await former(context);
    await database.transaction(async (transaction) => {
      await beginNextWords(transaction, WORD_FORM);
      await swapWords(transaction, WORD_FORM);
    });
    await deleteLines(database, [lines[17]?.id ?? 0]);
    await settle(database);
    assert.deepEqual(await database('sqlite_master').where('name', 'like', `${FORMER}_%`).select('name'), []);
    await database('utterances').delete();
    await checkWords(database, seal, { folder, gone: ['word17q'] });
  });
}

test('a database that is encrypted, or decrypted, in the middle of it keeps nothing of what was being built', async (context) => {
  const { folder, database, seal } = await former(context);
  const work = reindexing(database, seal);
  const running = work.run();
  while ((await database('word_index').first('built_to'))?.built_to == null) {
    // It has not begun to write.
  }
  await work.stop();
  assert.ok((await running) < LINES);
  const sealed = await unlock(database, KEY, keptLog().log);
  assert.equal(await reindexing(database, sealed).run(), 0);
  await checkWords(database, sealed, { folder, gone: ['word17q', 'strasse'] });
  await decrypt(database, KEY);
  await checkWords(database, openText, { folder });
});
