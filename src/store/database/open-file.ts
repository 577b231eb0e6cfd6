import { stat } from 'node:fs/promises';
import { DatabaseTrouble } from './trouble.ts';

/** A disk that does not say by then whether a file is there is broken. */
const LOOK_LIMIT_MS = 3_000;

/**
 * The file that was opened. What is written to one that was deleted or replaced meanwhile goes nowhere, and no write
 * fails: https://www.sqlite.org/howtocorrupt.html, 2.4
 */
export class OpenFile {
  readonly path: string;
  readonly #opened: Promise<{ readonly dev: number; readonly ino: number } | undefined>;

  /** To be made as soon as it was opened. */
  constructor(path: string) {
    this.path = path;
    this.#opened = stat(path).catch(() => undefined);
  }

  /** Rejects with DatabaseTrouble where the path leads to no file any more, or to another one. */
  async look(): Promise<void> {
    const opened = await this.#opened;
    if (!opened) return;
    await this.#now();
    if (await this.isAnother()) {
      throw new DatabaseTrouble('the file of the database was replaced by another one');
    }
  }

  /** Whether another file is there now. */
  async isAnother(): Promise<boolean> {
    const [opened, now] = await Promise.all([this.#opened, this.#now().catch(() => undefined)]);
    return opened !== undefined && now !== undefined && (opened.dev !== now.dev || opened.ino !== now.ino);
  }

  async #now(): Promise<{ readonly dev: number; readonly ino: number }> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new DatabaseTrouble('the disk does not answer')), LOOK_LIMIT_MS);
    try {
      return await Promise.race([stat(this.path), late.promise]);
    } catch (error) {
      if (error instanceof DatabaseTrouble) throw error;
      const gone = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
      const reason = gone ? 'the file of the database is gone' : 'the file of the database cannot be reached';
      throw new DatabaseTrouble(reason, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
