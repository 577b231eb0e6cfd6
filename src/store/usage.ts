import type { Logger } from 'pino';
import type { Provider } from '../ports/capabilities.ts';
import type { StorageHealth } from '../ports/storage.ts';
import type { UserId } from '../ports/voice.ts';
import { type Database, StoreError } from './database/database.ts';
import { openText, type TextCipher } from './encryption/text-cipher.ts';

const KEY = ['guild_id', 'day', 'channel_id', 'user_id', 'provider', 'model'] as const;
const SUMS = [
  'replies',
  'estimated_replies',
  'seconds',
  'searches',
  'text_in',
  'cached_text_in',
  'audio_in',
  'cached_audio_in',
  'text_out',
  'audio_out',
] as const;

/** One row: who used how much of what on one UTC day (YYYY-MM-DD). */
export type UsageRow = { readonly [key in Exclude<(typeof KEY)[number], 'provider'>]: string } & {
  readonly [sum in (typeof SUMS)[number]]: number;
} & { readonly provider: Provider; readonly name: string };

const RETRY_MS = 5_000;
const NAME = 'usage.name';

/**
 * What was used, in the database. A write that fails is kept and tried again with the next one, or by itself after 5 s;
 * what waits is summed up by row, so that it does not grow with time. Reading includes what waits.
 */
export class UsageStore {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #seal: TextCipher;
  readonly #retryMs: number;
  #waiting = new Map<string, UsageRow>();
  #writing: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #failing = false;
  /** Why the last write failed. */
  #failure: unknown;
  readonly #health: StorageHealth | undefined;
  #closed = false;

  /** `seal`: how names stand in the database. `health`: says when what waits can be written. */
  constructor(
    database: Database,
    log: Logger,
    retryMs = RETRY_MS,
    seal: TextCipher = openText,
    health?: StorageHealth,
  ) {
    this.#database = database;
    this.#log = log;
    this.#seal = seal;
    this.#retryMs = retryMs;
    const count = (): number => this.#waiting.size;
    health?.join({
      what: 'rows of usage',
      get waiting() {
        return count();
      },
      catchUp: async () => {
        await this.#flush();
        if (this.#waiting.size > 0) throw this.#failure;
      },
    });
    this.#health = health;
  }

  /** Adds to the rows. Never rejects; done when it was written, or was put off. */
  add(rows: readonly UsageRow[]): Promise<void> {
    for (const row of rows) addTo(this.#waiting, row);
    return this.#health?.writable === false ? Promise.resolve() : this.#flush();
  }

  /** The rows of a guild from this day on, oldest first. Throws StoreError. */
  async since(guildId: string, day: string): Promise<UsageRow[]> {
    await this.#writing;
    const waiting = [...this.#waiting.values()].filter((row) => row.guild_id === guildId && row.day >= day);
    try {
      const kept = await this.#database<UsageRow>('usage')
        .where({ guild_id: guildId })
        .andWhere('day', '>=', day)
        .orderBy('day');
      const rows = new Map<string, UsageRow>();
      for (const row of kept) addTo(rows, { ...row, name: this.#seal.open(NAME, row.name, row) });
      for (const row of waiting) addTo(rows, row);
      return [...rows.values()];
    } catch (error) {
      throw new StoreError('The usage cannot be read from the database.', { cause: error });
    }
  }

  /**
   * Sums from this day on by day, person and model, without names and channels: of a guild, or of all of them together,
   * then by nobody. Throws StoreError.
   */
  async sumsSince(day: string, guildId?: string): Promise<UsageRow[]> {
    await this.#writing;
    const waiting = [...this.#waiting.values()].filter(
      (row) => row.day >= day && (guildId === undefined || row.guild_id === guildId),
    );
    const by = ['day', 'provider', 'model', ...(guildId === undefined ? [] : ['user_id'])];
    try {
      const query = this.#database<UsageRow>('usage').where('day', '>=', day).groupBy(by).select(by);
      if (guildId !== undefined) query.andWhere({ guild_id: guildId });
      for (const sum of SUMS) query.sum({ [sum]: sum });
      const kept = (await query) as unknown as UsageRow[];
      const rows = new Map<string, UsageRow>();
      const person = (row: UsageRow): string => (guildId === undefined ? '' : row.user_id);
      for (const row of [...kept, ...waiting]) {
        addTo(rows, { ...row, guild_id: guildId ?? '', channel_id: '', user_id: person(row), name: '' });
      }
      return [...rows.values()];
    } catch (error) {
      throw new StoreError('The usage cannot be read from the database.', { cause: error });
    }
  }

  /**
   * Web searches of every guild by month (`2026-11`) and model, from the month of this day on: the free ones of a month
   * are for all of them together. Throws StoreError.
   */
  async searchesSince(day: string): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const first = `${day.slice(0, 7)}-01`;
    await this.#writing;
    const waiting = [...this.#waiting.values()].filter((row) => row.day >= first);
    try {
      const kept = await this.#database<UsageRow>('usage')
        .where('day', '>=', first)
        .andWhere('searches', '>', 0)
        .select('day', 'model', 'searches');
      const sums = new Map<string, Map<string, number>>();
      for (const { day: on, model, searches } of [...kept, ...waiting]) {
        const month = sums.get(on.slice(0, 7)) ?? new Map<string, number>();
        month.set(model, (month.get(model) ?? 0) + searches);
        sums.set(on.slice(0, 7), month);
      }
      return sums;
    } catch (error) {
      throw new StoreError('The usage cannot be read from the database.', { cause: error });
    }
  }

  /** What this person used stays, in the sums of nobody known. Gives what it was. Throws StoreError. */
  forget(guildId: string, userId: UserId): Promise<readonly UsageRow[]> {
    const forgetting = this.#writing.then(() => this.#disown(guildId, userId));
    this.#writing = forgetting.then(
      () => {},
      () => {},
    );
    return forgetting;
  }

  /** What a guild used stays, in the sums of no guild. Gives how many rows that were. Throws StoreError. */
  forgetGuild(guildId: string): Promise<number> {
    const forgetting = this.#writing.then(() => this.#giveAway(guildId));
    this.#writing = forgetting.then(
      () => {},
      () => {},
    );
    return forgetting;
  }

  /** A last try for what still waits; whoever watches the database says what is lost. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#flush();
    if (this.#waiting.size > 0 && !this.#health)
      this.#log.error({ rows: this.#waiting.size }, 'usage could not be written and is lost');
  }

  #flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #disown(guildId: string, userId: UserId): Promise<readonly UsageRow[]> {
    const theirs = { guild_id: guildId, user_id: userId };
    const mine = (row: UsageRow): boolean => row.guild_id === guildId && row.user_id === userId;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const row of waiting.values()) addTo(this.#waiting, mine(row) ? ownerless(row) : row);
    const waited = [...waiting.values()].filter(mine);
    try {
      return await this.#database.transaction(async (transaction) => {
        const rows: UsageRow[] = await transaction('usage').where(theirs);
        await transaction('usage').where(theirs).delete();
        for (const row of rows) await this.#put(transaction, ownerless(row));
        return [...rows, ...waited].map((row) => ({ ...row, name: '' }));
      });
    } catch (error) {
      throw new StoreError('The usage cannot be written to the database.', { cause: error });
    }
  }

  async #giveAway(guildId: string): Promise<number> {
    const nobodys = (row: UsageRow): UsageRow => ({ ...ownerless(row), guild_id: '', channel_id: '' });
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const row of waiting.values()) addTo(this.#waiting, row.guild_id === guildId ? nobodys(row) : row);
    try {
      return await this.#database.transaction(async (transaction) => {
        const rows: UsageRow[] = await transaction('usage').where({ guild_id: guildId });
        await transaction('usage').where({ guild_id: guildId }).delete();
        for (const row of rows) await this.#put(transaction, nobodys(row));
        return rows.length;
      });
    } catch (error) {
      throw new StoreError('The usage cannot be written to the database.', { cause: error });
    }
  }

  async #put(transaction: Database, row: UsageRow): Promise<void> {
    const sums = SUMS.map((sum) => [sum, transaction.raw('?? + ?', [`usage.${sum}`, row[sum]])]);
    const name = this.#seal.seal(NAME, row.name, row);
    await transaction('usage')
      .insert({ ...row, name })
      .onConflict([...KEY])
      .merge({ ...Object.fromEntries(sums), name });
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    clearTimeout(this.#retry);
    const rows = this.#waiting;
    this.#waiting = new Map();
    try {
      await this.#database.transaction(async (transaction) => {
        for (const row of rows.values()) await this.#put(transaction, row);
      });
      this.#failing = false;
    } catch (error) {
      for (const row of this.#waiting.values()) addTo(rows, row);
      this.#waiting = rows;
      this.#failure = error;
      // Whoever watches the database says so, and asks for it again.
      if (this.#health?.failed(error)) return;
      if (!this.#failing) this.#log.warn({ err: error }, 'usage cannot be written yet; it is kept and tried again');
      this.#failing = true;
      if (!this.#closed) this.#retry = setTimeout(() => void this.#flush(), this.#retryMs).unref();
    }
  }
}

function addTo(rows: Map<string, UsageRow>, row: UsageRow): void {
  const key = KEY.map((column) => row[column]).join('\n');
  const before = rows.get(key);
  const sums = SUMS.map((sum) => [sum, (before?.[sum] ?? 0) + row[sum]]);
  rows.set(key, { ...row, ...Object.fromEntries(sums) });
}

function ownerless(row: UsageRow): UsageRow {
  return { ...row, user_id: '', name: '' };
}
