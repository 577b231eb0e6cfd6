import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../../src/store/database/database.ts';
import { emptyLog } from '../../../src/store/database/empty-log.ts';
import type { TextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { createWords } from '../../../src/store/migrations/001-014/008-record.ts';
import { scopeOf, wordsOf } from '../../../src/store/record/record-store.ts';
import { WORD_FORM } from '../../../src/store/record/search-terms.ts';

/** With this each word begins in the form of before. */
export const FORMER = 'former';

/** Puts the index of words into a form that searches do not know, as a version of before would have left it. */
export async function makeFormer(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.raw('CREATE TABLE kept AS SELECT rowid AS id, text, scope FROM words');
    await transaction.raw('DROP TABLE words');
    await createWords(transaction);
    await transaction.raw(
      `INSERT INTO words (rowid, text, scope) SELECT id, trim(replace(' ' || text, ' ', ' ${FORMER}')), scope FROM kept`,
    );
    await transaction.raw('DROP TABLE kept');
    await transaction('word_index').delete();
  });
  await emptyLog(database);
}

/**
 * Throws where the index of words is not what it would be had each line that is kept been written by this version alone,
 * and where anything else is left of it, of its former one or of these words in the folder of the database.
 */
export async function checkWords(
  database: Database,
  seal: TextCipher,
  { folder, gone = [] }: { readonly folder?: string; readonly gone?: readonly string[] } = {},
): Promise<void> {
  const rows: Record<string, unknown>[] = await database('utterances').whereNot('state', 'open').orderBy('id');
  const lines = rows.map((row) => ({ ...scopeOf(row), text: seal.open('utterances.text', row.text, row) }));
  const expected = wordsOf(lines, seal).map(({ values: [rowid, text, scope] }) => ({ rowid, text, scope }));
  const kept: Record<string, unknown>[] = await database('words').select('rowid', 'text', 'scope').orderBy('rowid');
  const wrong = expected.filter((line, at) => kept[at]?.rowid !== line.rowid || kept[at]?.text !== line.text);
  assert.deepEqual({ wrong: wrong.slice(0, 3), count: kept.length }, { wrong: [], count: expected.length });
  // Compares every term of the index with the rows that it is made from (sqlite.org/fts5.html, "The 'integrity-check' Command").
  for (const table of ['words', 'next_words']) {
    await database.raw(`INSERT INTO ${table} (${table}, rank) VALUES ('integrity-check', 1)`);
  }
  assert.deepEqual(await database.raw('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
  assert.deepEqual(await database('next_words').select('rowid'), []);
  assert.deepEqual(await database('sqlite_master').where('name', 'like', `${FORMER}_%`).select('name'), []);
  assert.deepEqual(await database('word_index'), [
    { one: 1, form: WORD_FORM, before: null, next_form: null, built_to: null },
  ]);
  if (folder === undefined) return;
  await emptyLog(database);
  const bytes = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');
  // The names of the tables that were set aside are not words of anybody.
  const names = new RegExp(`${FORMER}(?!_)`);
  assert.ok(!names.test(bytes), 'words of the former index are in the file');
  for (const word of gone) assert.ok(!bytes.includes(word), `${word} is in the file`);
}
