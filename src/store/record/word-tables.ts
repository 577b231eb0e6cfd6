import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { createWords } from '../migrations/001-014/008-record.ts';

/** What an FTS5 table keeps its rows in (sqlite.org/fts5.html, "FTS5 Data Structures"), without its settings. */
const PARTS = [
  { name: 'data', key: ['id'] },
  { name: 'content', key: ['id'] },
  { name: 'idx', key: ['segid', 'term'] },
  { name: 'docsize', key: ['id'] },
] as const;
/** Rows of a former index that one transaction deletes: as many as take so long, since what is said waits for no more. */
const FEWEST = 10;
const MOST = 5_000;
const BATCH_MS = 15;
const BREATH_MS = 5;

const formerOf = ({ name }: { readonly name: string }): string => `former_${name}`;

/** Both indexes of words: the one that is searched, and the one that is being built. What goes, goes from both. */
export const wordTables = ['words', 'next_words'] as const;

/** Up to which line the next index is complete; null: none is being built. What is written to these goes into it, too. */
export async function builtTo(transaction: Database): Promise<number | null> {
  const row = await transaction('word_index').first('built_to');
  return row?.built_to == null ? null : Number(row.built_to);
}

/** The index that was built is searched from now on; in a transaction. The former one is emptyFormerWords() to delete. */
export async function swapWords(transaction: Database, form: number): Promise<void> {
  await setAside(transaction, 'words');
  await transaction.raw('ALTER TABLE next_words RENAME TO words');
  await createWords(transaction, 'next_words');
  const row = { one: 1, form, before: null, next_form: null, built_to: null };
  await transaction('word_index').insert(row).onConflict('one').merge();
}

/** Begins to build an index of this form; in a transaction. What was begun before has to be away. */
export async function beginNextWords(transaction: Database, form: number): Promise<void> {
  // The form of the one that is searched stays unknown where it is.
  const row = { one: 1, form: 0, next_form: form, built_to: 0 };
  await transaction('word_index').insert(row).onConflict('one').merge(['next_form', 'built_to']);
}

/** Gives up what was built; in a transaction, as swapWords(). */
export async function discardNextWords(transaction: Database): Promise<void> {
  await setAside(transaction, 'next_words');
  await createWords(transaction, 'next_words');
  await transaction('word_index').update({ next_form: null, built_to: null });
}

/** Indexes without a word in them, and nothing of former ones; in a transaction, which takes long in a large database. */
export async function renewWords(transaction: Database): Promise<void> {
  for (const part of PARTS) await transaction.raw(`DROP TABLE IF EXISTS ${formerOf(part)}`);
  for (const table of wordTables) {
    await transaction.raw(`DROP TABLE ${table}`);
    await createWords(transaction, table);
  }
  await transaction('word_index').update({ next_form: null, built_to: null });
}

/**
 * Deletes what was set aside, in small steps: until then words of lines that are gone may be in it. Gives whether there
 * was anything; false also where it was stopped before.
 */
export async function emptyFormerWords(database: Database, signal?: AbortSignal): Promise<boolean> {
  let most = FEWEST;
  let any = false;
  while (!signal?.aborted) {
    const began = performance.now();
    if (!(await database.transaction((transaction) => emptySome(transaction, most)))) return any;
    any = true;
    const tookMs = performance.now() - began;
    if (tookMs > BATCH_MS) most = Math.max(FEWEST, Math.floor(most / 2));
    else if (tookMs < BATCH_MS / 2) most = Math.min(MOST, most * 2);
    await wait(BREATH_MS, undefined, { ref: false });
  }
  return false;
}

/** Whether there was anything left. */
async function emptySome(transaction: Database, most: number): Promise<boolean> {
  for (const part of PARTS) {
    const table = formerOf(part);
    const isThere = await transaction('sqlite_master').where({ type: 'table', name: table }).first('name');
    if (!isThere) continue;
    const some = transaction(table).select(part.key).limit(most);
    const deleted = await transaction(table)
      .whereIn([...part.key], some)
      .delete();
    if (deleted === 0) await transaction.raw(`DROP TABLE ${table}`);
    return true;
  }
  return false;
}

/**
 * Takes a table of words away at once, whatever its size: its rows stay, as plain tables, which can be emptied bit by bit.
 * FTS5 drops what it finds (sqlite3Fts5DropAll in fts5_storage.c).
 */
async function setAside(transaction: Database, table: string): Promise<void> {
  for (const part of PARTS) await transaction.raw(`ALTER TABLE ${table}_${part.name} RENAME TO ${formerOf(part)}`);
  await transaction.raw(`DROP TABLE ${table}`);
}
