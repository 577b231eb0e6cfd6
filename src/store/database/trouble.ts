/** SQLite's primary result codes that say something of the file or its disk: https://www.sqlite.org/rescode.html */
const REASONS: ReadonlyMap<number, string> = new Map([
  [5, 'another program holds the database'],
  [6, 'another program holds the database'],
  [8, 'the disk is read-only'],
  [10, 'the disk reports errors'],
  [11, 'the database is damaged'],
  [13, 'the disk is full'],
  [14, 'the file of the database cannot be opened'],
  [15, 'another program holds the database'],
  [22, 'the disk reports errors'],
  [26, 'the database is damaged'],
]);
const BUSY: ReadonlySet<number> = new Set([5, 6, 15]);
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** The database as a whole does not work, for a reason in words for people: `the disk is full`. */
export class DatabaseTrouble extends Error {
  override readonly name = 'DatabaseTrouble';
}

/** Why the database failed, in words for people; undefined where the fault is in what it was asked. */
export function reasonFor(error: unknown): string | undefined {
  if (error instanceof DatabaseTrouble) return error.message;
  const code = codeOf(error);
  // SQLite has undone the transaction already, as it does when the disk fails; Knex then tells of this alone.
  if (error instanceof Error && /cannot rollback/.test(error.message)) return 'the database does not take it';
  if (code !== undefined) return REASONS.get(code);
  if (error instanceof Error && error.name === 'KnexTimeoutError') return 'the database does not answer';
  return error instanceof Error && error.cause !== undefined ? reasonFor(error.cause) : undefined;
}

/** Whether somebody else holds the database. */
export function isBusy(error: unknown): boolean {
  return BUSY.has(codeOf(error) ?? 0);
}

/** Whether what is in the file is wrong. */
export function isDamaged(error: unknown): boolean {
  return DAMAGED.has(codeOf(error) ?? 0);
}

/** SQLite's primary code of an error of its driver. */
function codeOf(error: unknown): number | undefined {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  // The system's own are negative. The lower byte of an extended code is the primary one.
  return errno > 0 ? errno & 0xff : undefined;
}
