import type { Logger } from 'pino';
import { type WallClock, wallClock } from '../../clock/wall-clock.ts';
import { asked, type Database } from '../database/database.ts';
import { lineTables } from './record-rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Nobody lets a bot stand still for longer: time that leaps further is wrong, whoever says so. */
const LONGEST_REST_MS = 400 * DAY_MS;

/** What it needs. `monotonic`: only tests need another than performance.now(). */
export interface PurgeTimeParts {
  readonly database: Database;
  readonly log: Pick<Logger, 'warn'>;
  readonly clock?: Pick<WallClock, 'now' | 'confirmed'>;
  readonly monotonic?: () => number;
}

/**
 * The time by which what is old is deleted. A clock that is forty years ahead for a minute must not delete the record, so
 * this time is kept in the database and follows the clock by a day at once. Where the clock leaps further, Discord has to
 * confirm it; else it follows by a day for each hour that the process runs. At first it is as late as the newest line.
 */
export class PurgeTime {
  readonly #database: Database;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #clock: Pick<WallClock, 'now' | 'confirmed'>;
  readonly #monotonic: () => number;
  #steppedAt: number;
  #last: Promise<unknown> = Promise.resolve();
  #told = false;

  constructor({ database, log, clock = wallClock, monotonic = () => performance.now() }: PurgeTimeParts) {
    this.#database = database;
    this.#log = log;
    this.#clock = clock;
    this.#monotonic = monotonic;
    this.#steppedAt = monotonic();
  }

  /** The time by which to delete now, in ms since 1970; it may be behind the clock. Rejects with StoreError. */
  next(): Promise<number> {
    const next = this.#last.then(() => asked('The time of the last purge', 'written to', () => this.#next()));
    this.#last = next.catch(() => {});
    return next;
  }

  async #next(): Promise<number> {
    const { confirmed } = this.#clock;
    const now = this.#clock.now();
    const row = await this.#database('purge_time').first('reached_at');
    const before = row ? Number(row.reached_at) : ((await this.#newestLine()) ?? now);
    const reached = this.#follow(before, now, confirmed);
    if (reached !== before || !row) {
      await this.#database('purge_time').insert({ id: 1, reached_at: reached }).onConflict('id').merge();
    }
    return Math.min(now, reached);
  }

  #follow(before: number, now: number, confirmed: boolean): number {
    const leapMs = now - before;
    // A clock that is behind deletes less; it is no reason to follow it there.
    if (leapMs < 0) return confirmed ? now : before;
    if (leapMs <= DAY_MS || (confirmed && leapMs <= LONGEST_REST_MS)) {
      this.#steppedAt = this.#monotonic();
      return now;
    }
    const days = Math.round(leapMs / DAY_MS);
    const message = 'the clock is days ahead of what is in the database: what is old is deleted a day at a time';
    if (!this.#told) this.#log.warn({ days }, message);
    this.#told = true;
    const hours = Math.floor((this.#monotonic() - this.#steppedAt) / HOUR_MS);
    this.#steppedAt += hours * HOUR_MS;
    return before + Math.min(leapMs, hours * DAY_MS);
  }

  /** When it began, in ms since 1970; undefined where there is none. */
  async #newestLine(): Promise<number | undefined> {
    const newest = await Promise.all(
      lineTables.map((table) => this.#database(table).orderBy('id', 'desc').first('started_at')),
    );
    const times = newest.flatMap((row) => (row ? [Number(row.started_at)] : []));
    return times.length === 0 ? undefined : Math.max(...times);
  }
}
