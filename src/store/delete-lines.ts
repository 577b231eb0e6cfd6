import type { Database } from './database.ts';
import { lineTables } from './record-rows.ts';

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
    await transaction('words').whereIn('rowid', ids).delete();
    await transaction('posts').whereIn('line_id', ids).delete();
    for (const table of lineTables) await transaction(table).whereIn('id', ids).delete();
    await also(transaction);
  });
}
