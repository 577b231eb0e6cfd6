import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from './database.ts';

/** Pages that are given back to the file system at a time. */
const PAGES = 200;
/** Free pages are kept up to this many: the next conversations fill them again. */
const SPARE_PAGES = 2_000;
/** Between two steps, so that what is said comes first. */
const BREATH_MS = 5;

/** Gives free pages beyond a reserve back to the file system, in small steps, until it is stopped. */
export async function shrink(database: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const [{ freelist_count }] = await database.raw('PRAGMA freelist_count');
    if (freelist_count <= SPARE_PAGES) return;
    await database.raw(`PRAGMA incremental_vacuum(${PAGES})`);
    await wait(BREATH_MS);
  }
}
