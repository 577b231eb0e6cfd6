import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Database, openDatabase } from '../../../src/store/database/database.ts';
import { AesTextCipher, openText } from '../../../src/store/encryption/text-cipher.ts';
import { deleteLines } from '../../../src/store/record/delete-lines.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { Reindexing } from '../../../src/store/record/reindexing.ts';
import { WORD_FORM } from '../../../src/store/record/search-terms.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { conversation, utterance } from '../../support/world/stored-lines.ts';

const said = (turnId: number, text: string) => utterance(turnId, text, { language: null, itemIds: [] });

/** A record whose words are as the version before had them: with the letters that it did not fold. */
async function older(
  context: TestContext,
  seal: AesTextCipher | typeof openText,
  texts: readonly [text: string, words: string][],
) {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const lines = texts.map(([text], at) => said(at + 1, text));
  await new RecordStore(database, seal).write({ conversation, turns: [], lines });
  for (const [at, [text, words]] of texts.entries()) {
    if (words === text) continue;
    const tokens = words.split(' ').map((word) => seal.blind(word));
    await database('words')
      .where({ rowid: lines[at]?.id })
      .update({ text: tokens.join(' ') });
  }
  const record = new StoredRecord(database, seal);
  const search = async (text: string) => {
    const { finds } = await record.search({ guildId: '1', channelIds: ['2'], text });
    return finds.map((find) => find.utterance.text);
  };
  return { database, search, lines };
}

function reindexing(database: Database, seal: AesTextCipher | typeof openText): Reindexing {
  return new Reindexing({ database, reader: database, seal, log: keptLog().log });
}

for (const [how, seal] of [
  ['as it is', openText],
  ['encrypted', new AesTextCipher(Buffer.alloc(32, 1))],
] as const) {
  test(`words of before the update are found as they are searched for now (${how})`, async (context) => {
    const { database, search, lines } = await older(context, seal, [
      ['Søren was here', 'søren was here'],
      ['هٰذا كِتَاب', 'هذا كِتَاب'],
      ['plain words', 'plain words'],
      ['Łukasz went', 'łukasz went'],
    ]);
    assert.deepEqual(await search('soren'), []);
    await deleteLines(database, [lines[3]?.id ?? 0]);
    assert.equal(await reindexing(database, seal).run(), 2);
    assert.deepEqual(await search('soren'), ['Søren was here']);
    assert.deepEqual(await search('SØREN'), ['Søren was here']);
    assert.deepEqual(await search('كتاب'), ['هٰذا كِتَاب']);
    assert.deepEqual(await search('plain'), ['plain words']);
    assert.deepEqual(await search('lukasz'), [], 'what was deleted does not come back');
    assert.deepEqual(await database('word_index'), [
      { one: 1, form: WORD_FORM, before: null, next_form: null, built_to: null },
    ]);
    assert.equal(await reindexing(database, seal).run(), 0);
  });
}

test('goes on where it was broken off, newest first', async (context) => {
  const texts = Array.from({ length: 450 }, (_, at) => [`Søren ${at}`, `søren ${at}`] as [string, string]);
  const { database, search } = await older(context, openText, texts);
  // It says so at the first words that change, and is stopped in the middle of them.
  const log = { info: () => void setTimeout(() => work.stop(), 20), warn: () => {} };
  const work = new Reindexing({ database, reader: database, seal: openText, log });
  const first = await work.run();
  assert.ok(first > 0 && first < 450, `${first}`);
  assert.equal((await search('soren 449')).length, 1);
  assert.equal((await search('soren 0')).length, 0);
  assert.equal(await reindexing(database, openText).run(), 450 - first);
  assert.equal((await search('soren 0')).length, 1);
});
