import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, fileOf } from '../database/database.ts';
import { type DiskRoom, roomFor } from '../database/disk-room.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { insertWords, scopeOf, wordsOf } from './record-store.ts';
import { WORD_FORM } from './search-terms.ts';
import { beginNextWords, builtTo, swapWords } from './word-tables.ts';

/** As many lines are written in one transaction as take so long, since whatever is said meanwhile waits for it. */
const WRITING_MS = 15;
const FEWEST = 4;
const MOST = 150;
/** Between two of them, so that what is said and asked comes first. */
const BREATH_MS = 5;
/** The second index may become as large as the whole file; and what people say must have room in any case. */
const SPARE_BYTES = 256 * 2 ** 20;
/** How often the room is looked at. */
const ROOM_EVERY = 8;

/** What it is made with. When `signal` aborts, the step under way is the last one. `room`: of the disk of a file. */
export interface WordRebuildParts {
  readonly database: Database;
  readonly seal: TextCipher;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly signal: AbortSignal;
  readonly room?: ((file: string) => Promise<Pick<DiskRoom, 'bytes'>>) | undefined;
}

/**
 * Builds the index of words in the present form beside the one that is searched, by inserts alone, the oldest lines first,
 * and puts it in that one's place when it has all. Each step is a transaction that also says how far it came, so that it
 * can be broken off at any of them. What is said, changed and deleted meanwhile, RecordStore and deleteLines() write to both.
 */
export class WordRebuild {
  readonly #parts: WordRebuildParts;
  #atOnce = FEWEST;

  constructor(parts: WordRebuildParts) {
    this.#parts = parts;
  }

  /**
   * Until it is done, stopped, or there is too little room on the disk, which it tells. Gives how many lines it wrote.
   * Rejects when the database does.
   */
  async run(isUnderWay: boolean): Promise<{ readonly written: number; readonly lacksRoom: boolean }> {
    const { database, log, signal } = this.#parts;
    let written = 0;
    if (!(await this.#hasRoom(!isUnderWay))) return { written, lacksRoom: true };
    if (!isUnderWay) await database.transaction((transaction) => beginNextWords(transaction, WORD_FORM));
    log.info('indexing anew the words of what was said before the update');
    for (let step = 1; !signal.aborted; step += 1) {
      if (step % ROOM_EVERY === 0 && !(await this.#hasRoom(false))) return { written, lacksRoom: true };
      const lines = await this.#step();
      if (lines === null) {
        log.info({ lines: written }, 'what was said before the update is found by its words again');
        break;
      }
      written += lines;
      await wait(BREATH_MS, undefined, { ref: false });
    }
    return { written, lacksRoom: false };
  }

  /** Gives how many lines it wrote; null: there was none left, and the new index is in use. */
  async #step(): Promise<number | null> {
    const { database, seal } = this.#parts;
    const began = performance.now();
    const written = await database.transaction(async (transaction) => {
      const built = (await builtTo(transaction)) ?? 0;
      const rows: Record<string, unknown>[] = await transaction('utterances')
        .where('id', '>', built)
        .orderBy('id')
        .limit(this.#atOnce)
        .select('id', 'guild_id', 'user_id', 'conversation_id', 'channel_id', 'state', 'text');
      const last = rows.at(-1);
      if (!last) {
        await swapWords(transaction, WORD_FORM);
        return null;
      }
      // What is still open is written when it ends: it is among the lines that are built by then.
      const lines = rows
        .filter(({ state }) => state !== 'open')
        .map((row) => ({ ...scopeOf(row), text: seal.open('utterances.text', row.text, row) }));
      await insertWords(transaction, 'next_words', wordsOf(lines, seal));
      await transaction('word_index').update({ built_to: Number(last.id) });
      return lines.length;
    });
    const tookMs = performance.now() - began;
    if (tookMs > WRITING_MS) this.#atOnce = Math.max(FEWEST, Math.floor(this.#atOnce / 2));
    else if (tookMs < WRITING_MS / 2) this.#atOnce = Math.min(MOST, this.#atOnce * 2);
    else this.#atOnce = Math.min(MOST, this.#atOnce + 1);
    return written;
  }

  /** `whole`: for all of the second index, and not only for what people say meanwhile. */
  async #hasRoom(whole: boolean): Promise<boolean> {
    const { database, room = roomFor } = this.#parts;
    const file = fileOf(database);
    if (file === null) return true;
    const sql = 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size';
    const [{ bytes }] = await database.raw(sql);
    const left = await room(file);
    return left.bytes >= SPARE_BYTES + (whole ? Number(bytes) : 0);
  }
}
