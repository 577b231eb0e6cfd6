import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { migrations } from '../migrations/index.ts';
import { lackOf, roomFor } from './disk-room.ts';

/** The one database of the process. Whoever opened it destroys it (`database.destroy()`). */
export type Database = Knex;

/** The database cannot be opened, read or written. `message` is for the person who runs the bot. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** It may work later, by itself. */
  readonly temporary: boolean;

  constructor(
    message: string,
    { temporary = false, ...options }: ErrorOptions & { readonly temporary?: boolean } = {},
  ) {
    super(message, options);
    this.temporary = temporary;
  }
}

/** What `act` gives. Rejects with a StoreError that says of `what` (`The notes`) that it could not be had, for whatever reason. */
export async function asked<T>(
  what: string,
  doing: 'read from' | 'written to' | 'taken out of',
  act: () => Promise<T>,
): Promise<T> {
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
/** The same until it is open: the process cannot end while it waits in SQLite. */
const OPENING_BUSY_MS = 1_000;
/** How long a read waits: people wait for it. */
const READER_BUSY_MS = 1_000;
/** How often the tables are brought up to date while another process does so, and the pause between. */
const MIGRATIONS = 20;
const MIGRATION_PAUSE_MS = 300;
/** SQLite's own 2 MB are little for an index of a million utterances. */
const READER_CACHE_KB = 32_768;
/**
 * What one connection needs before its first use. WAL: readers do not wait for a writer (no effect in memory). FULL: what
 * was written is on disk, even when the power goes. secure_delete: what was deleted is overwritten.
 */
const PREPARE = `PRAGMA busy_timeout = ${OPENING_BUSY_MS}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;`;
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
    if (filename !== MEMORY) make(filename);
    database = connect(filename);
    await migrate(database);
    await shrinkable(database);
    return database;
  } catch (error) {
    await database?.destroy();
    throw await startFailure(error, url);
  }
}

/**
 * Makes the file and its folder where they are not there, for this user alone: people's words are in it. SQLite gives the
 * write-ahead log and its index the mode of the file (findCreateFileMode in os_unix.c).
 */
function make(filename: string): void {
  mkdirSync(dirname(filename), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(filename, 'ax', 0o600));
  } catch (error) {
    // It is there; what else may be wrong is SQLite's to say.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    close(filename);
  }
}

/** Takes from others what an older version, or a copy that was put back, let them read. */
function close(filename: string): void {
  for (const name of [filename, `${filename}-wal`, `${filename}-shm`]) {
    try {
      if (existsSync(name)) chmodSync(name, statSync(name).mode & 0o700);
    } catch {
      // It is another user's, or on a file system without modes: the doctor says what cannot be written.
    }
  }
}

/** An error of any statement as one line for whoever starts the bot with this address. */
export async function startFailure(error: unknown, url: string): Promise<StoreError> {
  if (error instanceof StoreError) {
    return isBusy(error.cause) ? new StoreError(error.message, { cause: error.cause, temporary: true }) : error;
  }
  const path = url.slice(PREFIX.length);
  const file = pathOf(url);
  // What SQLite says of a full disk depends on what it was about to do.
  const room = file === null ? undefined : await roomFor(file).catch(() => undefined);
  const lack = room && room.refusal !== 'EROFS' ? lackOf(room) : undefined;
  const text = lack
    ? `There is no room for the database ${path}: ${lack}. Make room, or name another place`
    : reasonOf(error, path);
  // A backup, or an editor of databases, lets go of it some time.
  const temporary = !lack && isBusy(error);
  return new StoreError(`${text} (DATABASE_URL).`, { cause: error, temporary });
}

function isBusy(error: unknown): boolean {
  return /BUSY|locked/.test(withoutStatement(error));
}

/** What SQLite says. Knex puts the statement before it, with every value: what people said. */
function withoutStatement(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const at = typeof code === 'string' ? text.lastIndexOf(`${code}: `) : -1;
  return at < 0 ? text : text.slice(at);
}

/**
 * Another connection to the same file, for reading only: what it reads holds up nobody who writes. Whoever opened it
 * closes it. A database in memory has one connection alone: it is given itself, and close() does nothing.
 */
export function openReader(database: Database): { readonly reader: Database; close(): Promise<void> } {
  const filename = fileOf(database);
  if (filename === null) return { reader: database, close: () => Promise.resolve() };
  // Nothing that needs the file's lock: it is opened with the first read, and another program may hold it then.
  const sql = `PRAGMA busy_timeout = ${READER_BUSY_MS}; PRAGMA query_only = ON; PRAGMA cache_size = -${READER_CACHE_KB};`;
  const reader = connect(filename, sql);
  return { reader, close: () => reader.destroy() };
}

/** The path of the file of an address; null: it is in memory. */
export function pathOf(url: string): string | null {
  const path = url.slice(PREFIX.length);
  return path === MEMORY ? null : resolve(path);
}

/** The path of its file; null: it is in memory. */
export function fileOf(database: Database): string | null {
  const { filename } = database.client.config.connection as { filename: string };
  return filename === MEMORY ? null : filename;
}

/**
 * Brings the tables up to date. Of two processes that start at the same moment the second finds the file busy, or changed
 * since it looked: it looks again. Which of the two goes on is the instance lock's to say.
 */
async function migrate(database: Database): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await oneMigrationLock(database);
      await database.migrate.latest();
      await database.raw(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      return;
    } catch (error) {
      if (attempt === MIGRATIONS || !/BUSY|already locked/.test(withoutStatement(error))) throw error;
    }
    await wait(MIGRATION_PAUSE_MS);
  }
}

/**
 * The migrator's own tables, made in one: two migrators that make them at the same moment leave two rows in the table of
 * the lock, and with two rows nobody ever gets it again (knex 3.3.0, table-creator.js). A lock that is taken is one of a
 * file that somebody copied: migrations run in one transaction, which takes its lock back when it ends unfinished.
 */
async function oneMigrationLock(database: Database): Promise<void> {
  await database.raw('BEGIN IMMEDIATE');
  try {
    await database.raw(
      'CREATE TABLE IF NOT EXISTS migrations (id integer not null primary key autoincrement, name varchar(255), batch integer, migration_time datetime)',
    );
    await database.raw(
      'CREATE TABLE IF NOT EXISTS migrations_lock ("index" integer not null primary key autoincrement, is_locked integer)',
    );
    const rows = await database('migrations_lock').select();
    if (rows.length !== 1 || rows[0].is_locked !== 0) {
      await database('migrations_lock').delete();
      await database('migrations_lock').insert({ is_locked: 0 });
    }
    await database.raw('COMMIT');
  } catch (error) {
    await database.raw('ROLLBACK').catch(() => {});
    throw error;
  }
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
    // What people said is among the values: it must not get into errors, and so into the log.
    compileSqlOnError: false,
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

/** What is used here of a connection of sqlite3. */
interface Connection {
  exec(sql: string, done: (error: Error | null) => void): void;
  all(sql: string, ...rest: unknown[]): unknown;
}

/** Runs `sql` on a new connection. */
function prepare(sql: string) {
  return (connection: Connection, done: Prepared): void => {
    if (sql === PREPARE) beginAsWriter(connection);
    connection.exec(sql, (error) => done(error, connection));
  };
}

/**
 * Takes the writer's lock where a transaction begins, not at its first write. One that reads first fails at once with
 * SQLITE_BUSY_SNAPSHOT where another process wrote in between, however long it was told to wait.
 * sqlite.org/lang_transaction.html#deferred_immediate_and_exclusive_transactions; knex 3.3.0 always says `BEGIN;`
 * (sqlite-transaction.js).
 */
function beginAsWriter(connection: Connection): void {
  const all = connection.all.bind(connection);
  connection.all = (sql, ...rest) => all(sql === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : sql, ...rest);
}

/** A readable sentence for what SQLite and the file system say; `path` as the person wrote it. */
function reasonOf(error: unknown, path: string): string {
  const text = withoutStatement(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || /READONLY|readonly/.test(text)) {
    return `The database ${path} cannot be written: give the bot the right to write there, or name another place`;
  }
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `The folder of the database ${path} is a file: name another place`;
  if (/SQLITE_NOTADB|not a database/.test(text)) return `The file ${path} is not a database: move it away`;
  if (/CANTOPEN/.test(text))
    return `The database ${path} cannot be opened: it may be a folder, or it or a file beside it (-wal, -shm) belongs to another user`;
  if (isBusy(error)) return `The database ${path} is in use by another process, such as a backup, for too long`;
  if (/CORRUPT/.test(text)) return `The database ${path} is damaged: restore it from a copy, or move it away`;
  if (/corrupt/.test(text)) return `The database ${path} was written by a newer version of the bot: update the bot`;
  return `The database ${path} cannot be used: ${text}`;
}
