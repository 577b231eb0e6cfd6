import { setTimeout as wait } from 'node:timers/promises';
import { type Database, StoreError } from './database.ts';

/** How often it is tried while another connection reads, and the pause between. */
const TRIES = 60;
const RETRY_MS = 50;

/**
 * Writes the log that lies beside the file into it and empties it: of what was deleted or overwritten nothing is left in
 * either. Throws StoreError (temporary) where a reader, such as a backup, does not let go of the log within 3 s.
 */
export async function emptyLog(database: Database): Promise<void> {
  for (let left = TRIES; left > 0; left -= 1) {
    // The answer says whether all was done; a busy one is no error (sqlite.org/pragma.html#pragma_wal_checkpoint).
    const [row] = await database.raw('PRAGMA wal_checkpoint(TRUNCATE)');
    if (row?.busy !== 1) return;
    await wait(RETRY_MS);
  }
  throw new StoreError(
    'Another program reads the database, so what was there before cannot be taken out of the log beside it (-wal). Let the other program end, then do this again.',
    { temporary: true },
  );
}
