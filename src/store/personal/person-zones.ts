import type { UserId } from '../../ports/voice.ts';
import { asked, type Database } from '../database/database.ts';

/** What a failure of the database says. */
const WHAT = 'The time zones';

/** The time zones that people chose for themselves, per server. */
export class PersonZoneStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Null: they chose none. Rejects with StoreError. */
  async get(guildId: string, userId: UserId): Promise<string | null> {
    const theirs = { guild_id: guildId, user_id: userId };
    const row = await asked(WHAT, 'read from', () => this.#database('person_zones').where(theirs).first('zone'));
    return (row?.zone as string | undefined) ?? null;
  }

  /** Null takes it away. Rejects with StoreError. */
  async set(guildId: string, userId: UserId, zone: string | null): Promise<void> {
    const theirs = { guild_id: guildId, user_id: userId };
    await asked(WHAT, 'written to', async () => {
      if (zone === null) await this.#database('person_zones').where(theirs).delete();
      else
        await this.#database('person_zones')
          .insert({ ...theirs, zone })
          .onConflict(['guild_id', 'user_id'])
          .merge();
    });
  }
}
