import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Database, fileOf, openDatabase, pathOf } from '../../store/database/database.ts';
import { lackOf, roomFor } from '../../store/database/disk-room.ts';
import { reasonFor } from '../../store/database/trouble.ts';
import { check, type Finding } from './finding.ts';

const NAME = 'Storage';
/** Below it people should be told: a busy server writes some megabytes a day. */
const SMALL_BYTES = 200_000_000;
/** A database of gigabytes is not looked through while somebody waits. */
const LOOK_LIMIT_MS = 4_000;

type Connection = { all(sql: string, done: (error: Error | null, rows?: object[]) => void): void; interrupt(): void };

/** Whether the database's disk has room, and whether the database is whole. `opens`: whether it could be opened. */
export async function diskCheck(url: string, opens: boolean): Promise<Finding> {
  const path = pathOf(url);
  if (path === null) return { state: 'note', name: NAME, text: 'in memory: nothing outlives the process' };
  let isSmall = false;
  const found = await check(NAME, async () => {
    const room = await roomFor(join(existing(dirname(path)), 'file'));
    const lack = lackOf(room);
    if (lack) throw new Error(`${lack} where the database is to be: mend that, or name another place in DATABASE_URL`);
    isSmall = room.bytes < SMALL_BYTES;
    const free = `${sized(room.bytes)} free${isSmall ? ', which is little: make room' : ''}`;
    return opens ? `${free}; ${await wholeness(url)}` : free;
  });
  return found.state === 'ok' && isSmall ? { ...found, state: 'note' } : found;
}

/** Rejects with what to do where something is damaged. */
async function wholeness(url: string): Promise<string> {
  const database = await openDatabase(url);
  try {
    const damage = await damageOf(database);
    if (damage === undefined) return `too large to be looked through in ${LOOK_LIMIT_MS / 1_000} s`;
    if (damage !== null) {
      throw new Error(
        `the database ${fileOf(database)} is damaged (${damage}): stop the bot, and restore it from a copy`,
      );
    }
    return 'nothing in the database is damaged';
  } finally {
    await database.destroy();
  }
}

/** What SQLite says; null: it is whole; undefined: it did not come to an end. */
async function damageOf(database: Database): Promise<string | null | undefined> {
  const connection: Connection = await database.client.acquireConnection();
  const timer = setTimeout(() => connection.interrupt(), LOOK_LIMIT_MS);
  try {
    const rows = await new Promise<object[]>((resolve, reject) =>
      connection.all('PRAGMA quick_check(1)', (error, found = []) => (error ? reject(error) : resolve(found))),
    );
    const said = String(Object.values(rows[0] ?? {})[0]);
    return said === 'ok' ? null : said;
  } catch (error) {
    const reason = reasonFor(error);
    if (reason === undefined) return undefined;
    return reason;
  } finally {
    clearTimeout(timer);
    await database.client.releaseConnection(connection);
  }
}

/** The folder, or the first above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}

function sized(bytes: number): string {
  const [unit, name] = bytes >= 1e9 ? [1e9, 'GB'] : [1e6, 'MB'];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}
