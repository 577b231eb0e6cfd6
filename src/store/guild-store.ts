import { setTimeout as wait } from 'node:timers/promises';
import { asked, type Database } from './database/database.ts';
import { emptyLog } from './database/empty-log.ts';
import { impersonalColumns, personalTables } from './personal/tables.ts';
import { deleteLines } from './record/delete-lines.ts';
import { lineTables } from './record/record-rows.ts';
import { emptyFormerWords } from './record/word-tables.ts';
import type { UsageStore } from './usage.ts';

/** What a failure of the database says. */
const WHAT = 'What is kept of a server';
const BATCH = 100;
const BREATH_MS = 2;

/** Every table with rows of guilds: those of the list (store/personal/tables.ts) that have the column, in either part. */
const TABLES = [...new Set([...Object.keys(personalTables), ...Object.keys(impersonalColumns)])].filter(
  (table) => impersonalColumns[table]?.split(' ').includes('guild_id') ?? false,
);
/** What was used stays in the sums of the whole bot: UsageStore takes the guild's out of its own. */
const APART: ReadonlySet<string> = new Set(['usage', ...lineTables]);

/** All that is kept of a guild, whatever the table; and since when the bot is on it no more. Rejects with StoreError. */
export class GuildStore {
  readonly #database: Database;
  readonly #usage: Pick<UsageStore, 'forgetGuild'>;

  constructor(database: Database, usage: Pick<UsageStore, 'forgetGuild'>) {
    this.#database = database;
    this.#usage = usage;
  }

  /** Every guild of which anything is kept. */
  all(): Promise<readonly string[]> {
    return asked(WHAT, 'read from', async () => {
      const ids = new Set<string>();
      for (const table of TABLES) {
        const rows: { guild_id: string }[] = await this.#database(table).distinct('guild_id');
        for (const { guild_id } of rows) if (guild_id !== '') ids.add(guild_id);
      }
      return [...ids].sort();
    });
  }

  /** The bot is not on it any more; the first time counts. `at` in ms since 1970. Gives whether this is the first time. */
  left(guildId: string, at: number): Promise<boolean> {
    return asked(WHAT, 'written to', async () => {
      if (await this.#database('left_guilds').where({ guild_id: guildId }).first('guild_id')) return false;
      await this.#database('left_guilds').insert({ guild_id: guildId, left_at: at });
      return true;
    });
  }

  /** The bot is on it again. */
  back(guildId: string): Promise<void> {
    return asked(WHAT, 'written to', async () => {
      await this.#database('left_guilds').where({ guild_id: guildId }).delete();
    });
  }

  /** Those that it left before an instant. */
  leftBefore(at: number): Promise<readonly string[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('left_guilds').where('left_at', '<=', at).orderBy('left_at');
      return rows.map(({ guild_id }) => String(guild_id));
    });
  }

  /**
   * Deletes all of it, choices and settings included, and leaves nothing in the file or its log. What was used stays in
   * the sums of nobody's server. Gives how many rows went.
   */
  erase(guildId: string): Promise<number> {
    return asked(WHAT, 'taken out of', async () => {
      const guild = { guild_id: guildId };
      let gone = 0;
      for (const table of lineTables) {
        for (;;) {
          const rows: { id: number }[] = await this.#database(table).where(guild).limit(BATCH).select('id');
          if (rows.length === 0) break;
          await deleteLines(
            this.#database,
            rows.map(({ id }) => Number(id)),
          );
          gone += rows.length;
          await wait(BREATH_MS);
        }
      }
      gone += await this.#usage.forgetGuild(guildId);
      await this.#database.transaction(async (transaction) => {
        for (const table of TABLES) if (!APART.has(table)) gone += await transaction(table).where(guild).delete();
        await transaction('registrations').where({ scope: guildId }).delete();
      });
      await emptyFormerWords(this.#database);
      await emptyLog(this.#database);
      return gone;
    });
  }
}
