import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../../lib/log.ts';
import type { StorageHealth, StorageTrouble, Unwritten } from '../../ports/storage.ts';
import { type Database, fileOf, StoreError } from './database.ts';
import { lackOf, roomFor } from './disk-room.ts';
import { OpenFile } from './open-file.ts';
import { DatabaseTrouble, isBusy, isDamaged, reasonFor } from './trouble.ts';

/** How long a write of the running bot waits for another program: people wait for it. */
const BUSY_MS = 1_000;
/** Once one waited in vain the others need not. */
const BUSY_AGAIN_MS = 100;
/** What is over by then is nobody's trouble. */
const GRACE_MS = 1_500;
const FIRST_TRY_MS = 500;
const LONGEST_PAUSE_MS = 4_000;
/** A look through a whole damaged file takes a while. */
const DAMAGED_PAUSE_MS = 60_000;
/** How often it is looked whether the file is still there. */
const LOOK_MS = 2_000;
/** A try that takes longer is a failure; it may still come to its end. */
const TRY_LIMIT_MS = 5_000;

/**
 * Knows whether the database takes what it is given: hears of every statement that fails, looks after the file, tries
 * again until it works, and lets those catch up that kept something. Says so in the log, once a trouble. Whoever made it
 * stops it before the database is closed.
 */
export class DatabaseWatch implements StorageHealth {
  readonly #database: Database;
  readonly #log: Pick<Log, 'error' | 'info'>;
  readonly #file: OpenFile | undefined;
  readonly #walFile: OpenFile | undefined;
  readonly #unwritten = new Set<Unwritten>();
  readonly #stopping = new AbortController();
  #reader: Database | undefined;
  #trouble: StorageTrouble | undefined;
  #writable = true;
  #damaged = false;
  /** When the whole of a damaged file is looked through again. */
  #checkAt = 0;
  #sealedOff = false;
  #told = false;
  /** What was written later than it was meant to be. */
  #late = new Map<string, number>();
  #version = 1;
  #recovering: Promise<void> | undefined;

  constructor({ database, log }: { readonly database: Database; readonly log: Pick<Log, 'error' | 'info'> }) {
    this.#database = database;
    this.#log = log;
    const path = fileOf(database);
    this.#file = path === null ? undefined : new OpenFile(path);
    this.#walFile = path === null ? undefined : new OpenFile(`${path}-wal`);
    this.#hear(database);
    if (this.#file) void this.#keepLooking();
  }

  get trouble(): StorageTrouble | undefined {
    return this.#trouble;
  }

  get writable(): boolean {
    return this.#writable;
  }

  /** Another connection to the same file, for reading. */
  watchReader(reader: Database): void {
    this.#reader = reader;
    this.#hear(reader);
  }

  failed(error: unknown): boolean {
    const reason = reasonFor(error);
    if (reason === undefined) return false;
    this.#writable = false;
    this.#damaged ||= isDamaged(error);
    if (this.#trouble || this.#stopping.signal.aborted) return true;
    this.#trouble = { reason, since: performance.now() };
    this.#recovering = this.#recover(error).finally(() => {
      this.#recovering = undefined;
    });
    return true;
  }

  join(unwritten: Unwritten): () => void {
    this.#unwritten.add(unwritten);
    return () => this.#unwritten.delete(unwritten);
  }

  waiting(guildId: string): number {
    return [...this.#unwritten].reduce((sum, one) => sum + (one.guildId === guildId ? one.waiting : 0), 0);
  }

  /** Rejects with StoreError while the file is not the one that was opened. */
  async look(): Promise<void> {
    try {
      await this.#file?.look();
    } catch (error) {
      this.failed(error);
      throw new StoreError('The file of the database is not there any more.', { cause: error });
    }
  }

  /**
   * One last try, of a second at most, for what still waits: what cannot be written then is lost, and the log says in one
   * line how much that is. Nothing is tried afterwards. Idempotent.
   */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await Promise.race([this.#recovering, wait(BUSY_MS, undefined, { ref: false })]);
    await within(BUSY_MS, this.#catchUp()).catch(() => {});
    const lost = new Map<string, number>();
    for (const { what, waiting } of this.#unwritten) {
      if (waiting > 0) lost.set(what, (lost.get(what) ?? 0) + waiting);
    }
    if (lost.size === 0) return;
    const words = wordsOf(lost);
    const reason = this.#trouble?.reason ?? 'the database does not take it';
    this.#log.error(
      { reason, lost: Object.fromEntries(lost) },
      `could not be written before the end and is lost: ${words} (${reason})`,
    );
  }

  /** Whether what lies beside the path of the file as its log is this database's. */
  async mayClose(): Promise<boolean> {
    return !(await this.#walFile?.isAnother());
  }

  #hear(database: Database): void {
    database.on('query-error', (error: unknown) => this.failed(error));
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#database.raw(`PRAGMA busy_timeout = ${BUSY_MS}`).catch(() => {});
    while (!signal.aborted) {
      if (!this.#trouble) await this.look().catch(() => {});
      await wait(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #recover(first: unknown): Promise<void> {
    const { signal } = this.#stopping;
    if (isBusy(first)) void this.#waitForOthers(BUSY_AGAIN_MS);
    let error = first;
    const telling = setTimeout(() => this.#tell(error), GRACE_MS);
    for (let pauseMs = FIRST_TRY_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await this.#describe(error);
      await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) break;
      const failure = await this.#try();
      if (failure === undefined) break;
      error = failure;
    }
    clearTimeout(telling);
    if (!signal.aborted) this.#over();
  }

  /** Why it does not work yet; undefined: it does. */
  async #try(): Promise<unknown> {
    try {
      await within(TRY_LIMIT_MS, this.#probe());
      await within(TRY_LIMIT_MS, this.#catchUp());
      this.#writable = true;
      if (this.#damaged) await this.#checkWhole();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Something small is really written. */
  async #probe(): Promise<void> {
    await this.#sealOff();
    // What is remembered of a file may be what was wrong with it.
    await this.#database.raw('PRAGMA shrink_memory');
    this.#version = 3 - this.#version;
    await this.#database.raw(`PRAGMA user_version = ${this.#version}`);
  }

  /** Keeps every store from writing to a file that nobody can find any more. Rejects with DatabaseTrouble while that is so. */
  async #sealOff(): Promise<void> {
    try {
      await this.#file?.look();
    } catch (error) {
      if (!this.#sealedOff) await this.#database.raw('PRAGMA query_only = ON');
      this.#sealedOff = true;
      throw error;
    }
    if (this.#sealedOff) await this.#database.raw('PRAGMA query_only = OFF');
    this.#sealedOff = false;
  }

  /** Everybody is let try, whoever fails. Rejects with the first failure that is the database's. */
  async #catchUp(): Promise<void> {
    const failures: unknown[] = [];
    for (const last of [undefined, true]) {
      for (const one of [...this.#unwritten].filter((each) => each.last === last)) {
        if (last && failures.length > 0) break;
        const { what, waiting } = one;
        await one.catchUp().then(
          () => waiting > 0 && this.#late.set(what, (this.#late.get(what) ?? 0) + waiting),
          (error: unknown) => reasonFor(error) !== undefined && failures.push(error),
        );
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Rejects with DatabaseTrouble unless nothing is damaged any more. */
  async #checkWhole(): Promise<void> {
    const damage = new DatabaseTrouble('the database is damaged');
    if (performance.now() < this.#checkAt) throw damage;
    this.#checkAt = performance.now() + DAMAGED_PAUSE_MS;
    const [row] = await within(DAMAGED_PAUSE_MS, (this.#reader ?? this.#database).raw('PRAGMA quick_check(1)'));
    if (Object.values(row ?? {})[0] !== 'ok') throw damage;
    this.#damaged = false;
    this.#checkAt = 0;
  }

  async #describe(error: unknown): Promise<void> {
    const since = this.#trouble?.since ?? performance.now();
    const lack =
      this.#file && !(error instanceof DatabaseTrouble)
        ? await within(TRY_LIMIT_MS, roomFor(this.#file.path)).then(lackOf, () => undefined)
        : undefined;
    const gone = await this.#file?.look().then(() => undefined, reasonFor);
    const reason = gone ?? lack ?? (this.#damaged ? 'the database is damaged' : reasonFor(error));
    this.#trouble = { reason: reason ?? this.#trouble?.reason ?? 'the database does not take it', since };
  }

  #tell(error: unknown): void {
    const reason = this.#trouble?.reason;
    this.#told = true;
    this.#log.error(
      { err: error, reason },
      `what is said cannot be written down: ${reason}. It is kept in memory and tried again; nothing of it is posted meanwhile`,
    );
  }

  #over(): void {
    const seconds = Math.round((performance.now() - (this.#trouble?.since ?? 0)) / 1000);
    this.#trouble = undefined;
    this.#writable = true;
    void this.#waitForOthers(BUSY_MS);
    const late = this.#late.size === 0 ? '' : `; written now: ${wordsOf(this.#late)}`;
    if (this.#told) {
      this.#log.info({ seconds, written: Object.fromEntries(this.#late) }, `the database can be written again${late}`);
    }
    this.#late = new Map();
    this.#told = false;
  }

  async #waitForOthers(ms: number): Promise<void> {
    await this.#database.raw(`PRAGMA busy_timeout = ${ms}`).catch(() => {});
  }
}

/** Such as `utterances: 3, rows of usage: 1`. */
function wordsOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${what}: ${count}`).join(', ');
}

async function within<T>(ms: number, act: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new DatabaseTrouble('the database does not answer')), ms);
  try {
    return await Promise.race([act, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
