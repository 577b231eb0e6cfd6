import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { type Database, StoreError } from './database.ts';

const BEAT_MS = 2_000;
/** A process whose row stands still for this long is dead: three beats. */
const STALE_MS = 6_000;
/** Where the row was written by a clock that is ahead of ours, so that one of the two is wrong. */
const STRANGE_MS = 10_000;
const LOOK_MS = 500;
/** One that lives may just be stopping, as where a restart overlaps: it is gone within 5 s of its last line. */
const GOING_MS = 7_000;

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
  /** Another process has it now: this one stood still for so long that it seemed dead. Called once. */
  readonly onLost?: () => void;
}

/**
 * Keeps a second process off the same bot and database: both would answer every command, and throw each other out of the
 * voice channels. Says nothing of a process with another database. That a process lives is seen by its row, which changes
 * with every beat, and by nothing else: the clocks of two machines may differ by any amount.
 */
export class InstanceLock {
  readonly #database: Database;
  readonly #row: Omit<Row, 'seen_at'>;
  readonly #onLost: () => void;
  readonly #beat: NodeJS.Timeout;
  #seenAt = 0;

  private constructor(database: Database, row: Omit<Row, 'seen_at'>, onLost: () => void) {
    this.#database = database;
    this.#row = row;
    this.#onLost = onLost;
    this.#beat = setInterval(() => void this.#seen().catch(() => {}), BEAT_MS);
    this.#beat.unref();
  }

  /**
   * Takes it at once from a process of this machine that is dead, and from any other once its row stood still for 6 s, or
   * for 10 s where its clock cannot be right; throws StoreError where it still lives after 7 s.
   */
  static async take(database: Database, options: LockOptions): Promise<InstanceLock> {
    const { botId, host = hostname(), pid = process.pid, onLost = () => {} } = options;
    const row = { bot_id: botId, host, pid, start_id: randomUUID() };
    const begunAt = performance.now();
    let since = begunAt;
    for (let last: Row | undefined; ; await wait(LOOK_MS)) {
      const watchMs = (last?.seen_at ?? 0) > Date.now() + STALE_MS ? STRANGE_MS : STALE_MS;
      const still = performance.now() - since >= watchMs ? last : undefined;
      const other = await takeOrSee(database, row, still).catch((error: unknown) => {
        // Another process that starts at this moment was faster: its row is there at the next look.
        if (!/SQLITE_BUSY/.test(String(error)) || performance.now() - begunAt > STALE_MS) throw error;
        return 'busy' as const;
      });
      if (other === 'busy') continue;
      if (!other) return new InstanceLock(database, row, onLost);
      if (last && isSame(other, last)) continue;
      if (last && performance.now() - begunAt >= GOING_MS) throw refusal(other);
      last = other;
      since = performance.now();
    }
  }

  /** Lets go. Idempotent. */
  async release(): Promise<void> {
    clearInterval(this.#beat);
    await this.#database('instances').where({ start_id: this.#row.start_id }).delete();
  }

  async #seen(): Promise<void> {
    // Whatever the clock does, the row changes.
    const now = Date.now();
    this.#seenAt = now === this.#seenAt ? now + 1 : now;
    const { start_id } = this.#row;
    const ours = await this.#database('instances').where({ start_id }).update({ seen_at: this.#seenAt });
    if (ours > 0 || !(await takeOrSee(this.#database, this.#row, undefined))) return;
    clearInterval(this.#beat);
    this.#onLost();
  }
}

/** Takes the lock, also from `still`, whose row did not change for long enough; gives who has it where that is not possible. */
function takeOrSee(database: Database, row: Omit<Row, 'seen_at'>, still: Row | undefined): Promise<Row | undefined> {
  return database.transaction(async (transaction) => {
    const other: Row | undefined = await transaction('instances').where({ bot_id: row.bot_id }).first();
    if (other && !(still && isSame(other, still)) && !isDead(other, row)) return other;
    await transaction('instances')
      .insert({ ...row, seen_at: Date.now() })
      .onConflict('bot_id')
      .merge();
    return undefined;
  });
}

function isSame(one: Row, other: Row): boolean {
  return one.start_id === other.start_id && one.seen_at === other.seen_at;
}

function isDead(other: Row, own: Omit<Row, 'seen_at'>): boolean {
  if (other.host !== own.host) return false;
  // With our own number it may live, too: in another container of the same host name.
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

/** A bot token begins with the bot's user id in base64; the rest is secret. */
export function botIdOf(token: string): string {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('latin1');
}
