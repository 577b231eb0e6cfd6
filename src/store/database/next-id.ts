import type { Database } from './database.ts';

/**
 * The id that the next row of this table gets, to be inserted with it in the same transaction: sealed texts are bound to
 * it, so it has to be known before. Ids are never used again (sqlite.org/autoinc.html).
 */
export async function nextId(transaction: Database, table: string): Promise<number> {
  const [row] = await transaction.raw('SELECT seq FROM sqlite_sequence WHERE name = ?', [table]);
  return Number(row?.seq ?? 0) + 1;
}
