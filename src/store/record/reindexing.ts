import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import { shrink } from '../database/shrink.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { indexAll, scopeOf } from './record-store.ts';
import { indexed, WORD_FORM } from './search-terms.ts';
import { WordRebuild, type WordRebuildParts } from './word-rebuild.ts';
import { discardNextWords, emptyFormerWords } from './word-tables.ts';

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
/** Fewer lines are indexed anew where they stand, which takes no longer than a minute. */
const FEW_LINES = 2_000;
/** How many lines are looked at to learn how many have changed: so many at each of these places of the record. */
const PROBES = 20;
const PROBED = 25;
/** To take a line's words out of an index for good costs as much as to write those of twenty into another one. */
const WIDESPREAD = 0.05;

type Row = Record<string, unknown>;

/**
 * What it is made with. `reader`: a connection of its own, so that nobody who writes waits for what is only looked at.
 * `room`: of the disk of a file; only tests need another than roomFor().
 */
export interface ReindexingParts {
  readonly database: Database;
  readonly reader: Database;
  readonly seal: TextCipher;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly room?: WordRebuildParts['room'];
}

/**
 * Brings the words of what was said before an update into the form in which they are searched for now, in small steps
 * beside everything else: where few have changed only those, the newest first; where many have, in an index of its own
 * that takes the other's place (word-rebuild.ts). What is broken off goes on with the next start. Whoever made it stops it.
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
    const { database } = this.#parts;
    await this.#clear();
    // What was set aside is still there, and has no room for more.
    if (this.#stopped.signal.aborted) return 0;
    const kept = await database('word_index').first();
    const isUnderWay = kept?.next_form === WORD_FORM;
    if (kept?.next_form != null && !isUnderWay) await this.#discard();
    if (kept?.form === WORD_FORM && kept.before === null) return 0;
    const before = kept?.form === WORD_FORM ? Number(kept.before) : Number.MAX_SAFE_INTEGER;
    if (!isUnderWay && !(await this.#isWidespread(before))) return this.#inPlace(before);
    const rebuild = new WordRebuild({ ...this.#parts, signal: this.#stopped.signal });
    const { written, lacksRoom } = await rebuild.run(isUnderWay);
    if (lacksRoom) {
      await this.#discard();
      return written + (await this.#inPlace(before));
    }
    await this.#clear();
    return written;
  }

  /** An index that another one took the place of, and what was begun in a form of before, are not kept. */
  async #clear(): Promise<void> {
    const { database } = this.#parts;
    if (await emptyFormerWords(database, this.#stopped.signal)) await shrink(database, this.#stopped.signal);
  }

  async #discard(): Promise<void> {
    await this.#parts.database.transaction(discardNextWords);
    await this.#clear();
  }

  /** Whether so many of those lines have other words now that all are to be indexed in one go. */
  async #isWidespread(before: number): Promise<boolean> {
    const { reader } = this.#parts;
    const among = () => reader('utterances').where('id', '<', before);
    if (!(await among().select('id').offset(FEW_LINES).first())) return false;
    const [oldest, newest] = await Promise.all([
      among().orderBy('id').first('id'),
      among().orderBy('id', 'desc').first('id'),
    ]);
    const [first, last] = [Number(oldest?.id), Number(newest?.id)];
    let [looked, changed] = [0, 0];
    for (let probe = 1; probe <= PROBES; probe += 1) {
      const at = first + Math.floor(((last - first) / PROBES) * probe);
      const rows = await this.#rows(at + 1, PROBED);
      looked += rows.length;
      changed += (await this.#changed(rows)).length;
    }
    return changed >= looked * WIDESPREAD;
  }

  async #inPlace(from: number): Promise<number> {
    const { log } = this.#parts;
    let before = from;
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

  #rows(before: number, most = BATCH): Promise<Row[]> {
    const columns = ['id', 'guild_id', 'user_id', 'conversation_id', 'channel_id', 'state', 'text'];
    const { reader } = this.#parts;
    return reader('utterances').where('id', '<', before).orderBy('id', 'desc').limit(most).select(columns);
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
