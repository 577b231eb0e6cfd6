import type { Database } from './database.ts';
import { lineTables } from './record-rows.ts';

/** Deletes lines of any kind by id, with their words and the references to their posts. At most some hundred. */
export async function deleteLines(database: Database, ids: readonly number[]): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction('words').whereIn('rowid', ids).delete();
    await transaction('posts').whereIn('line_id', ids).delete();
    for (const table of lineTables) await transaction(table).whereIn('id', ids).delete();
  });
}
