import type { Database } from './database.ts';
import { indexAll, scopeOf } from './record-store.ts';
import { sealedColumns } from './sealed-columns.ts';
import type { TextSeal } from './text-seal.ts';

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
export interface ResealingParts {
  readonly database: Database;
  readonly from: TextSeal;
  readonly to: TextSeal;
  readonly tell: (progress: Progress) => void;
}

/** Brings every row of a database into another form, once. */
export class Resealing {
  readonly #parts: ResealingParts;
  #done = 0;
  #toldAt = performance.now();

  constructor(parts: ResealingParts) {
    this.#parts = parts;
  }

  /** Batch by batch, leaving nothing of the old form in the file. Gives how many rows it changed. What broke off goes on. */
  async run(): Promise<number> {
    const { database, tell } = this.#parts;
    const of = await this.#count();
    if (of === 0) return 0;
    tell({ rows: 0, of });
    for (const [table, columns] of Object.entries(sealedColumns)) await this.#table(table, columns, of);
    tell({ rows: this.#done, of });
    // Pages that held the old form are free now, in the file and in its log.
    await database.raw('VACUUM');
    await database.raw('PRAGMA wal_checkpoint(TRUNCATE)');
    return this.#done;
  }

  async #count(): Promise<number> {
    const { database } = this.#parts;
    let count = 0;
    for (const [table, columns] of Object.entries(sealedColumns)) {
      const row = await database(table).whereRaw(this.#isOld(columns)).count('* as n').first();
      count += Number(row?.n ?? 0);
    }
    return count;
  }

  /** Empty texts are sealed, too, so the first column tells the form of the row; NULL stays. */
  #isOld(columns: readonly string[]): string {
    return `typeof("${columns[0]}") = '${this.#parts.to.keyId === null ? 'blob' : 'text'}'`;
  }

  async #table(table: string, columns: readonly string[], of: number): Promise<void> {
    const { database } = this.#parts;
    for (let after = 0; ; ) {
      const rows: Row[] = await database(table)
        .select(database.raw('rowid AS at'), '*')
        .where('rowid', '>', after)
        .whereRaw(this.#isOld(columns))
        .orderBy('rowid')
        .limit(BATCH);
      const last = rows.at(-1);
      if (!last) return;
      await database.transaction((transaction) => this.#rows(transaction, table, columns, rows));
      after = Number(last.at);
      this.#done += rows.length;
      this.#tell(of);
    }
  }

  async #rows(transaction: Database, table: string, columns: readonly string[], rows: readonly Row[]): Promise<void> {
    const { from, to } = this.#parts;
    const open = (row: Row, name: string) => (row[name] === null ? null : from.open(`${table}.${name}`, row[name]));
    const opened = rows.map((row) => columns.map((name) => open(row, name)));
    const sealed = opened.map((texts) =>
      texts.map((text, at) => (text === null ? null : to.seal(`${table}.${columns[at]}`, text))),
    );
    await rewrite(
      transaction,
      table,
      columns,
      rows.map((row, at) => [Number(row.at), ...(sealed[at] ?? [])]),
    );
    if (table !== 'utterances') return;
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
    `WITH changed (at, ${names.join(', ')}) AS (VALUES ${values.map(() => places).join(', ')})
     UPDATE "${table}" SET ${set} FROM changed WHERE "${table}".rowid = changed.at`,
    values.flat() as never[],
  );
}
