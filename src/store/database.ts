import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import knex, { type Knex } from 'knex';
import { migrations } from './migrations/index.ts';

/** The one database of the process. Whoever opened it destroys it (`database.destroy()`). */
export type Database = Knex;

/** The database cannot be opened, read or written. `message` is for the person who runs the bot. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** What `act` gives. Rejects with a StoreError that says of `what` (`The notes`) that it could not be had, for whatever reason. */
export async function asked<T>(what: string, doing: 'read from' | 'written to', act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new StoreError(`${what} cannot be ${doing} the database.`, { cause: error });
  }
}

const PREFIX = 'sqlite:';
const MEMORY = ':memory:';
/** How long a write waits for another process that holds the file, such as a backup. */
const BUSY_TIMEOUT_MS = 5_000;
/** SQLite's own 2 MB are little for an index of a million utterances. */
const READER_CACHE_KB = 32_768;
/**
 * What one connection needs before its first use. WAL: readers do not wait for a writer (no effect in memory). FULL: what
 * was written is on disk, even when the power goes. secure_delete: what was deleted is overwritten.
 */
const PREPARE = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;`;
/** sqlite.org/pragma.html#pragma_auto_vacuum */
const INCREMENTAL = 2;

/**
 * Opens `sqlite:PATH` (its folder is made; relative to the working directory) or `sqlite::memory:`, and brings the
 * tables up to date. Throws StoreError.
 */
export async function openDatabase(url: string): Promise<Database> {
  if (!url.startsWith(PREFIX) || url.length === PREFIX.length) {
    throw new StoreError('The database address must be sqlite:PATH or sqlite::memory: (DATABASE_URL).');
  }
  const path = url.slice(PREFIX.length);
  const filename = path === MEMORY ? MEMORY : resolve(path);
  let database: Database | undefined;
  try {
    if (filename !== MEMORY) mkdirSync(dirname(filename), { recursive: true });
    database = connect(filename);
    await database.migrate.latest();
    await shrinkable(database);
    return database;
  } catch (error) {
    await database?.destroy();
    throw new StoreError(`${reasonOf(error, path)} (DATABASE_URL).`, { cause: error });
  }
}

/**
 * Another connection to the same file, for reading only: what it reads holds up nobody who writes. Whoever opened it
 * closes it. A database in memory has one connection alone: it is given itself, and close() does nothing.
 */
export function openReader(database: Database): { readonly reader: Database; close(): Promise<void> } {
  const { filename } = database.client.config.connection as { filename: string };
  if (filename === MEMORY) return { reader: database, close: () => Promise.resolve() };
  const reader = connect(filename, `${PREPARE} PRAGMA query_only = ON; PRAGMA cache_size = -${READER_CACHE_KB};`);
  return { reader, close: () => reader.destroy() };
}

/**
 * Lets the purge give pages back to the file system in small steps. A file that was made without has to be written anew
 * once: before the first conversation is recorded in it, it is small.
 */
async function shrinkable(database: Database): Promise<void> {
  const [{ auto_vacuum }] = await database.raw('PRAGMA auto_vacuum');
  if (auto_vacuum === INCREMENTAL) return;
  await database.raw('PRAGMA auto_vacuum = INCREMENTAL');
  await database.raw('VACUUM');
}

function connect(filename: string, sql = PREPARE): Database {
  return knex({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    // SQLite has one writer; and with one connection that is never replaced, an in-memory database lives on.
    pool: { min: 1, max: 1, afterCreate: prepare(sql) },
    acquireConnectionTimeout: 10_000,
    migrations: {
      tableName: 'migrations',
      migrationSource: {
        getMigrations: () => Promise.resolve([...migrations]),
        getMigrationName: (migration: (typeof migrations)[number]) => migration.name,
        getMigration: (migration: (typeof migrations)[number]) => Promise.resolve(migration),
      },
    },
    // Knex writes to the console by itself otherwise; every failure reaches us as an error anyway.
    log: { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} },
  });
}

type Prepared = (error: Error | null, connection: unknown) => void;

/** Runs `sql` on a new connection. */
function prepare(sql: string) {
  return (connection: { exec(sql: string, done: (error: Error | null) => void): void }, done: Prepared): void => {
    connection.exec(sql, (error) => done(error, connection));
  };
}

/** A readable sentence for what SQLite and the file system say; `path` as the person wrote it. */
function reasonOf(error: unknown, path: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || /READONLY|readonly/.test(text)) {
    return `The database ${path} cannot be written: give the bot the right to write there, or name another place`;
  }
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `The folder of the database ${path} is a file: name another place`;
  if (/SQLITE_NOTADB|not a database/.test(text)) return `The file ${path} is not a database: move it away`;
  if (/CANTOPEN/.test(text)) return `The database ${path} cannot be opened: it may be a folder, or not readable`;
  if (/BUSY|locked/.test(text)) return `The database ${path} is in use by another process: is the bot already running`;
  if (/CORRUPT/.test(text)) return `The database ${path} is damaged: restore it from a copy, or move it away`;
  if (/corrupt/.test(text)) return `The database ${path} was written by a newer version of the bot: update the bot`;
  return `The database ${path} cannot be used: ${text}`;
}
