import type { Database } from '../database/database.ts';
import { runAtOnce } from './at-once.ts';
import { lineTables } from './record-rows.ts';
import { wordTables } from './word-tables.ts';

/** Deletes lines of any kind by id, with their words, their turns and the references to their posts. At most some hundred. `also`: in the same transaction. */
export async function deleteLines(
  database: Database,
  ids: readonly number[],
  also: (transaction: Database) => Promise<void> = async () => {},
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.raw(
      `DELETE FROM turns WHERE (conversation_id, turn_id) IN (SELECT conversation_id, turn_id FROM utterances WHERE id IN (${ids.map(() => '?').join(', ')}) AND turn_id IS NOT NULL)`,
      [...ids],
    );
    for (const table of wordTables) await transaction(table).whereIn('rowid', ids).delete();
    await transaction('posts').whereIn('line_id', ids).delete();
    for (const table of lineTables) await transaction(table).whereIn('id', ids).delete();
    await also(transaction);
  });
}

/** Like deleteLines(), in one step that holds up nothing else. Throws TypeError for what is no id. */
export async function deleteLinesAtOnce(database: Database, ids: readonly number[]): Promise<void> {
  if (!ids.every(Number.isSafeInteger)) throw new TypeError('an id of a line is a whole number');
  const these = `(${ids.join(', ')})`;
  await runAtOnce(database, [
    `DELETE FROM turns WHERE (conversation_id, turn_id) IN (SELECT conversation_id, turn_id FROM utterances WHERE id IN ${these} AND turn_id IS NOT NULL)`,
    ...wordTables.map((table) => `DELETE FROM ${table} WHERE rowid IN ${these}`),
    `DELETE FROM posts WHERE line_id IN ${these}`,
    ...lineTables.map((table) => `DELETE FROM ${table} WHERE id IN ${these}`),
  ]);
}
