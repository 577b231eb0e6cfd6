import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { type Database, StoreError } from './database.ts';

const BEAT_MS = 2_000;
/** A process that was not seen for this long is dead: three beats. */
const STALE_MS = 6_000;
const LOOK_MS = 500;

interface Row {
  readonly bot_id: string;
  readonly host: string;
  readonly pid: number;
  readonly start_id: string;
  readonly seen_at: number;
}

/** What a lock is for. `host` and `pid` are those of this process unless a test says otherwise. */
export interface LockOptions {
  readonly botId: string;
  readonly host?: string;
  readonly pid?: number;
}

/**
 * Keeps a second process off the same bot and database: both would answer every command, and throw each other out of the
 * voice channels. Says nothing of a process with another database.
 */
export class InstanceLock {
  readonly #database: Database;
  readonly #row: Omit<Row, 'seen_at'>;
  readonly #beat: NodeJS.Timeout;

  private constructor(database: Database, row: Omit<Row, 'seen_at'>) {
    this.#database = database;
    this.#row = row;
    this.#beat = setInterval(() => void this.#seen().catch(() => {}), BEAT_MS);
    this.#beat.unref();
  }

  /** Waits up to 6 s for a dead process of another machine or container; throws StoreError where it lives. */
  static async take(database: Database, options: LockOptions): Promise<InstanceLock> {
    const { botId, host = hostname(), pid = process.pid } = options;
    const row = { bot_id: botId, host, pid, start_id: randomUUID() };
    const until = Date.now() + STALE_MS;
    for (let first: number | undefined; ; await wait(LOOK_MS)) {
      const other = await takeOrSee(database, row);
      if (!other) return new InstanceLock(database, row);
      first ??= other.seen_at;
      // Its own clock moves on only while it lives; clocks of two machines may differ.
      if (other.seen_at !== first || Date.now() >= until) throw refusal(other);
    }
  }

  /** Lets go. Idempotent. */
  async release(): Promise<void> {
    clearInterval(this.#beat);
    await this.#database('instances').where({ start_id: this.#row.start_id }).delete();
  }

  async #seen(): Promise<void> {
    await this.#database('instances').where({ start_id: this.#row.start_id }).update({ seen_at: Date.now() });
  }
}

/** Takes the lock; gives who has it where that is not possible. */
function takeOrSee(database: Database, row: Omit<Row, 'seen_at'>): Promise<Row | undefined> {
  return database.transaction(async (transaction) => {
    const other: Row | undefined = await transaction('instances').where({ bot_id: row.bot_id }).first();
    if (other && !isDead(other, row)) return other;
    await transaction('instances')
      .insert({ ...row, seen_at: Date.now() })
      .onConflict('bot_id')
      .merge();
    return undefined;
  });
}

function isDead(other: Row, own: Omit<Row, 'seen_at'>): boolean {
  if (Date.now() - other.seen_at >= STALE_MS) return true;
  if (other.host !== own.host) return false;
  // A container's processes have the same few numbers at every start.
  if (other.pid === own.pid) return true;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function refusal({ host, pid }: Row): StoreError {
  return new StoreError(
    `This bot is already running with the same database (process ${pid} on ${host}). Stop that one first, or give this one a token and a database of its own.`,
  );
}
