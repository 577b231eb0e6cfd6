import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { firstLineId } from '../../lib/line-ids.ts';
import type { Database } from '../database/database.ts';
import { shrink } from '../database/shrink.ts';
import { deleteLinesAtOnce } from './delete-lines.ts';
import { lineTables } from './record-rows.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Lines that one transaction deletes: what somebody says meanwhile waits for no more than that. As many as take so long. */
const FEWEST = 2;
const MOST = 100;
const BATCH_MS = 15;
/** Between two batches, so that what is said comes first. */
const BREATH_MS = 5;

/** What the purge needs to know. `retentionDays` of a guild; `now` in ms since 1970, see PurgeTime. */
export interface RetentionParts {
  readonly database: Database;
  readonly retentionDays: (guildId: string) => Promise<number>;
  readonly now: () => number | Promise<number>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Deletes what is older than its guild keeps it: once at start() and then hourly, in small steps. What is deleted is
 * overwritten in the file; what becomes free beyond a reserve is given back. Whoever made it stops it.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #batch = FEWEST;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Returns at once; the first purge begins now. */
  start(): void {
    this.#running = this.#hourly();
  }

  /** Resolves when the step under way is done. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** One purge of every guild. Gives how many lines it deleted. Rejects when the database does. */
  async purge(): Promise<number> {
    const { database, retentionDays } = this.#parts;
    const now = await this.#parts.now();
    const guilds = await database('conversations').distinct('guild_id').orderBy('guild_id');
    let deleted = 0;
    for (const { guild_id } of guilds) {
      const guildId = String(guild_id);
      const cutoff = now - (await retentionDays(guildId)) * DAY_MS;
      deleted += await this.#purgeGuild(guildId, cutoff);
    }
    if (deleted > 0) await shrink(database, this.#stopped.signal);
    return deleted;
  }

  async #hourly(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        const deleted = await this.purge();
        if (deleted > 0) this.#parts.log.info({ deleted }, 'deleted what was kept for long enough');
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'could not delete what was kept for long enough; trying again in an hour');
      }
      await wait(HOUR_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #purgeGuild(guildId: string, cutoff: number): Promise<number> {
    const { database } = this.#parts;
    let deleted = 0;
    for (const table of lineTables) {
      while (!this.#stopped.signal.aborted) {
        const rows = await database(table)
          .where({ guild_id: guildId })
          .where('id', '<', firstLineId(cutoff))
          .select('id')
          .limit(this.#batch);
        if (rows.length === 0) break;
        const began = performance.now();
        await deleteLinesAtOnce(
          database,
          rows.map(({ id }) => Number(id)),
        );
        deleted += rows.length;
        this.#pace(performance.now() - began);
        await wait(BREATH_MS);
      }
    }
    await this.#emptied(guildId, cutoff);
    return deleted;
  }

  /** The larger the index of words and the slower the disk, the fewer at a time. */
  #pace(tookMs: number): void {
    if (tookMs > BATCH_MS) this.#batch = Math.max(FEWEST, Math.floor(this.#batch / 2));
    else if (tookMs < BATCH_MS / 2) this.#batch = Math.min(MOST, this.#batch + FEWEST);
  }

  /** Conversations that ended before and of which no line is left. */
  async #emptied(guildId: string, cutoff: number): Promise<void> {
    const { database } = this.#parts;
    const old = await database('conversations')
      .where({ guild_id: guildId })
      .where('ended_at', '<', cutoff)
      .select('id');
    for (const { id } of old) {
      if (this.#stopped.signal.aborted) return;
      await database.transaction(async (transaction) => {
        for (const table of lineTables) {
          if (await transaction(table).where({ conversation_id: id }).first('id')) return;
        }
        await transaction('turns').where({ conversation_id: id }).delete();
        await transaction('conversations').where({ id }).delete();
      });
    }
  }
}
