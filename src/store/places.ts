import type { Person } from '../bridge/ports.ts';
import type { ConversationMode } from '../bridge/record-ports.ts';
import type { Database } from './database.ts';
import { openText, type TextSeal } from './text-seal.ts';

/** A voice channel in which the bot is, and who asked it in. */
export interface Place {
  readonly guildId: string;
  readonly channelId: string;
  readonly by: Person;
  readonly mode: ConversationMode;
}

/** Where the bot is. What is still in here at a start was left by a crash. Rejects with what the database says. */
export class PlaceStore {
  readonly #database: Database;
  readonly #seal: TextSeal;
  /** Writes in the order in which they were asked for. */
  #last: Promise<unknown> = Promise.resolve();

  /** `seal`: how names stand in the database. */
  constructor(database: Database, seal: TextSeal = openText) {
    this.#database = database;
    this.#seal = seal;
  }

  /** The bot is there now; at most one place a guild. */
  keep({ guildId, channelId, by, mode }: Place): Promise<void> {
    const name = this.#seal.seal('places.name', by.name);
    const row = { guild_id: guildId, channel_id: channelId, user_id: by.userId, name, mode };
    return this.#write(() => this.#database('places').insert(row).onConflict('guild_id').merge());
  }

  /** The bot left, and need not come back. */
  forget(guildId: string): Promise<void> {
    return this.#write(() => this.#database('places').where({ guild_id: guildId }).delete());
  }

  async all(): Promise<readonly Place[]> {
    await this.settled();
    const rows: { guild_id: string; channel_id: string; user_id: string; name: unknown; mode: string }[] =
      await this.#database('places').select();
    return rows.map((row) => ({
      guildId: row.guild_id,
      channelId: row.channel_id,
      by: { userId: row.user_id, name: this.#seal.open('places.name', row.name) },
      mode: row.mode === 'listen' ? 'listen' : 'talk',
    }));
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #write(act: () => PromiseLike<unknown>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => {});
    await done;
  }
}
