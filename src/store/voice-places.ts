import type { ConversationMode } from '../ports/record.ts';
import type { StorageHealth } from '../ports/storage.ts';
import type { Person } from '../ports/voice.ts';
import type { Database } from './database/database.ts';
import { LateWrites } from './database/late-writes.ts';
import { openText, type TextCipher } from './encryption/text-cipher.ts';

/** A voice channel in which the bot is, and who asked it in. */
export interface Place {
  readonly guildId: string;
  readonly channelId: string;
  readonly by: Person;
  readonly mode: ConversationMode;
}

/** Where the bot is. What is still in here at a start was left by a crash. Rejects with what the database says. */
export class VoicePlaceStore {
  readonly #database: Database;
  readonly #seal: TextCipher;
  readonly #writes: LateWrites;

  /** `seal`: how names stand in the database. `health`: says when what could not be written is tried again. */
  constructor(database: Database, seal: TextCipher = openText, health?: StorageHealth) {
    this.#database = database;
    this.#seal = seal;
    this.#writes = new LateWrites('places in voice channels', health);
  }

  /** The bot is there now; at most one place a guild. */
  keep({ guildId, channelId, by, mode }: Place): Promise<void> {
    const place = { guild_id: guildId, channel_id: channelId, user_id: by.userId, mode };
    const row = { ...place, name: this.#seal.seal('places.name', by.name, place) };
    return this.#writes.run(guildId, () => this.#database('places').insert(row).onConflict('guild_id').merge());
  }

  /** The bot left, and need not come back. */
  forget(guildId: string): Promise<void> {
    return this.#writes.run(guildId, () => this.#database('places').where({ guild_id: guildId }).delete());
  }

  async all(): Promise<readonly Place[]> {
    await this.settled();
    const rows: { guild_id: string; channel_id: string; user_id: string; name: unknown; mode: string }[] =
      await this.#database('places').select();
    return rows.map((row) => ({
      guildId: row.guild_id,
      channelId: row.channel_id,
      by: { userId: row.user_id, name: this.#seal.open('places.name', row.name, row) },
      mode: row.mode === 'listen' ? 'listen' : 'talk',
    }));
  }

  /** Resolves when nothing is being written any more. */
  settled(): Promise<void> {
    return this.#writes.settled();
  }
}
