import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { indexAll, scopeOf } from './record-store.ts';
import { indexed, WORD_FORM } from './search-terms.ts';

/** Utterances that are looked at in one go: some milliseconds of work. */
const BATCH = 200;
/** As many are written in one transaction as take so long, since whatever is said meanwhile waits for it. */
const WRITING_MS = 15;
const FEWEST = 1;
const MOST = 50;
/** Between two of them, so that what is said and asked comes first. */
const BREATH_MS = 5;
/** How far it is gets written down so often while nothing changes. */
const KEPT_EVERY = 50;
/** One that failed is tried again after this. */
const AGAIN_MS = 3_600_000;

type Row = Record<string, unknown>;

/** What it is made with. `reader`: a connection of its own, so that nobody who writes waits for what is only looked at. */
export interface ReindexingParts {
  readonly database: Database;
  readonly reader: Database;
  readonly seal: TextCipher;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Brings the words of what was said before an update into the form in which they are searched for now, the newest first,
 * in small steps beside everything else. Only lines whose words differ are written. What is broken off goes on with the
 * next start. Whoever made it stops it.
 */
export class Reindexing {
  readonly #parts: ReindexingParts;
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #atOnce = 4;

  constructor(parts: ReindexingParts) {
    this.#parts = parts;
  }

  /** Returns at once. */
  start(): void {
    this.#running = this.#untilDone();
  }

  /** Resolves when the step under way is done. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Goes through all that is left, or until it is stopped. Gives how many lines it wrote. Rejects when the database does. */
  async run(): Promise<number> {
    const { log } = this.#parts;
    const kept = await this.#parts.database('word_index').first();
    if (kept?.form === WORD_FORM && kept.before === null) return 0;
    let before = kept?.form === WORD_FORM ? Number(kept.before) : Number.MAX_SAFE_INTEGER;
    let written = 0;
    for (let batch = 1; !this.#stopped.signal.aborted; batch += 1) {
      const rows = await this.#rows(before);
      const last = rows.at(-1);
      if (!last) {
        await this.#keep(null);
        if (written > 0) log.info({ lines: written }, 'what was said before the update is found by its words again');
        break;
      }
      const changed = await this.#changed(rows);
      if (written === 0 && changed.length > 0) log.info('indexing anew the words of what was said before the update');
      const count = await this.#writeAll(changed);
      written += count;
      // Stopped in the middle: the next start looks at these once more.
      if (count < changed.length) break;
      before = Number(last.id);
      if (changed.length > 0 || batch % KEPT_EVERY === 0) await this.#keep(before);
      await wait(BREATH_MS, undefined, { ref: false });
    }
    return written;
  }

  async #untilDone(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.run();
        return;
      } catch (error) {
        const words = 'the words of the record could not be indexed anew; trying again in an hour';
        this.#parts.log.warn({ err: error }, words);
      }
      await wait(AGAIN_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  #rows(before: number): Promise<Row[]> {
    const columns = ['id', 'guild_id', 'user_id', 'conversation_id', 'channel_id', 'state', 'text'];
    const { reader } = this.#parts;
    return reader('utterances').where('id', '<', before).orderBy('id', 'desc').limit(BATCH).select(columns);
  }

  /** Those whose words stand in the index otherwise than they would now. */
  async #changed(rows: readonly Row[]): Promise<number[]> {
    const { reader, seal } = this.#parts;
    const ids = rows.map(({ id }) => Number(id));
    const kept: Row[] = await reader('words').whereIn('rowid', ids).select('rowid', 'text');
    const words = new Map(kept.map(({ rowid, text }) => [Number(rowid), text]));
    return rows.flatMap((row) => {
      const id = Number(row.id);
      const text = seal.open('utterances.text', row.text, row);
      if (row.state === 'open' || text === '') return [];
      return words.get(id) === indexed(text, seal) ? [] : [id];
    });
  }

  /** Gives how many of them it came to before it was stopped. */
  async #writeAll(ids: readonly number[]): Promise<number> {
    let from = 0;
    while (from < ids.length && !this.#stopped.signal.aborted) {
      const some = ids.slice(from, from + this.#atOnce);
      await this.#write(some);
      from += some.length;
      await wait(BREATH_MS, undefined, { ref: false });
    }
    return from;
  }

  /** Reads them once more: they may be others by now, or gone. */
  async #write(ids: readonly number[]): Promise<void> {
    const { database, seal } = this.#parts;
    const began = performance.now();
    await database.transaction(async (transaction) => {
      const rows: Row[] = await transaction('utterances').whereIn('id', ids).whereNot('state', 'open');
      const lines = rows.map((row) => ({ ...scopeOf(row), text: seal.open('utterances.text', row.text, row) }));
      await indexAll(transaction, lines, seal);
    });
    const isLong = performance.now() - began > WRITING_MS;
    this.#atOnce = Math.min(MOST, Math.max(FEWEST, isLong ? Math.floor(this.#atOnce / 2) : this.#atOnce + 1));
  }

  async #keep(before: number | null): Promise<void> {
    const row = { one: 1, form: WORD_FORM, before };
    await this.#parts.database('word_index').insert(row).onConflict('one').merge();
  }
}
