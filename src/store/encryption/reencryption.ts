import type { Database } from '../database/database.ts';
import { emptyLog } from '../database/empty-log.ts';
import { indexAll, scopeOf } from '../record/record-store.ts';
import { type BoundRow, sealedTables } from './encrypted-columns.ts';
import { AesTextCipher, type TextCipher } from './text-cipher.ts';

/** Rows of one transaction: each ends with a wait for the disk, and with a piece more for the index of words to join. */
const BATCH = 1_000;
/** How often it tells how far it is. */
const TOLD_EVERY_MS = 10_000;

type Row = Record<string, unknown>;

/** Rows in their new form, and of how many. At its end the file is still written anew. */
export interface Progress {
  readonly rows: number;
  readonly of: number;
}

/** What a resealing is made with. `tell` is called before the first row, every 10 s, and after the last one. */
export interface ReencryptionParts {
  readonly database: Database;
  /** What stands in the old form, read. Throws StoreError for what cannot be. */
  readonly open: (column: string, kept: unknown, row: BoundRow) => string;
  readonly to: TextCipher;
  /** The index of words is in another form, too, and is empty of the rows in the old one. */
  readonly indexes: boolean;
  readonly tell: (progress: Progress) => void;
}

/** Brings every row of a database into another form, once. */
export class Reencryption {
  readonly #parts: ReencryptionParts;
  #done = 0;
  #toldAt = performance.now();

  constructor(parts: ReencryptionParts) {
    this.#parts = parts;
  }

  /**
   * Batch by batch, leaving nothing of the old form in the file or its log. Gives how many rows it changed. What broke off
   * goes on, and its last step is done again although no row is left: only whoever calls knows that it came to its end.
   * Throws StoreError where another program keeps the log from being emptied.
   */
  async run(): Promise<number> {
    const { database, tell } = this.#parts;
    const of = await this.#count();
    if (of > 0) tell({ rows: 0, of });
    for (const [table, { sealed }] of Object.entries(sealedTables)) await this.#table(table, sealed, of);
    if (of > 0) tell({ rows: this.#done, of });
    // What was overwritten is gone from the file (secure_delete), and with this from its log: a kill in what follows, which
    // takes long in a large file, leaves nothing readable.
    await emptyLog(database);
    // Pages that held the old form and were not overwritten.
    await database.raw('VACUUM');
    await emptyLog(database);
    return this.#done;
  }

  async #count(): Promise<number> {
    const { database } = this.#parts;
    let count = 0;
    for (const [table, { sealed }] of Object.entries(sealedTables)) {
      const row = await database(table).whereRaw(this.#isOld(sealed)).count('* as n').first();
      count += Number(row?.n ?? 0);
    }
    return count;
  }

  /** Empty texts are sealed, too; NULL stays. */
  #isOld(columns: readonly string[]): string {
    const { to } = this.#parts;
    const isOld = (name: string): string => {
      if (!(to instanceof AesTextCipher)) return `typeof("${name}") = 'blob'`;
      const { head } = to;
      return `("${name}" IS NOT NULL AND (typeof("${name}") <> 'blob' OR substr("${name}", 1, ${head.length}) <> x'${head.toString('hex')}'))`;
    };
    return `(${columns.map(isOld).join(' OR ')})`;
  }

  async #table(table: string, columns: readonly string[], of: number): Promise<void> {
    const { database } = this.#parts;
    for (let after = 0; ; ) {
      // By a name that no table has: one of `at` once took the place of the rowid, and those rows stayed as they were.
      const rows: Row[] = await database(table)
        .select(database.raw('rowid AS its_rowid'), '*')
        .where('rowid', '>', after)
        .whereRaw(this.#isOld(columns))
        .orderBy('rowid')
        .limit(BATCH);
      const last = rows.at(-1);
      if (!last) return;
      await database.transaction((transaction) => this.#rows(transaction, table, columns, rows));
      after = Number(last.its_rowid);
      this.#done += rows.length;
      this.#tell(of);
    }
  }

  async #rows(transaction: Database, table: string, columns: readonly string[], rows: readonly Row[]): Promise<void> {
    const { to, indexes } = this.#parts;
    const open = (row: Row, name: string) =>
      row[name] === null ? null : this.#parts.open(`${table}.${name}`, row[name], row);
    const opened = rows.map((row) => columns.map((name) => open(row, name)));
    const sealed = opened.map((texts, one) =>
      texts.map((text, at) => (text === null ? null : to.seal(`${table}.${columns[at]}`, text, rows[one]))),
    );
    await rewrite(
      transaction,
      table,
      columns,
      rows.map((row, at) => [Number(row.its_rowid), ...(sealed[at] ?? [])]),
    );
    if (table !== 'utterances' || !indexes) return;
    const text = columns.indexOf('text');
    const lines = rows.map((row, at) => ({ ...scopeOf(row), state: row.state, text: opened[at]?.[text] ?? '' }));
    await indexAll(
      transaction,
      lines.filter(({ state }) => state !== 'open'),
      to,
    );
  }

  #tell(of: number): void {
    const now = performance.now();
    if (now - this.#toldAt < TOLD_EVERY_MS) return;
    this.#toldAt = now;
    this.#parts.tell({ rows: this.#done, of });
  }
}

/** Sets these columns of many rows in one statement. Each of `values`: the rowid, then a value for each column. */
async function rewrite(
  transaction: Database,
  table: string,
  columns: readonly string[],
  values: readonly (readonly unknown[])[],
): Promise<void> {
  const names = columns.map((_, at) => `v${at}`);
  const places = `(${['?', ...names.map(() => '?')].join(', ')})`;
  const set = columns.map((name, at) => `"${name}" = changed.v${at}`).join(', ');
  await transaction.raw(
    `WITH changed (its_rowid, ${names.join(', ')}) AS (VALUES ${values.map(() => places).join(', ')})
     UPDATE "${table}" SET ${set} FROM changed WHERE "${table}".rowid = changed.its_rowid`,
    values.flat() as never[],
  );
}
