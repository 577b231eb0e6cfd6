import { wallClock } from '../clock/wall-clock.ts';
import type { ChosenConsent, ConsentMode, ConsentStore } from '../ports/consent.ts';
import type { StorageHealth } from '../ports/storage.ts';
import { type Database, StoreError } from './database/database.ts';
import { LateWrites } from './database/late-writes.ts';

interface ChoiceRow {
  readonly guild_id: string;
  readonly user_id: string;
  readonly choice: string;
  readonly chosen_at: number;
  readonly text_version: number;
}

/**
 * Choices and modes in the database. One write at a time, so that the last choice is the one that stays; one that could
 * not be written is tried again until it is, or another one takes its place.
 */
export class GuildConsentStore implements ConsentStore {
  readonly #database: Database;
  readonly #writes: LateWrites;

  constructor(database: Database, health?: StorageHealth) {
    this.#database = database;
    this.#writes = new LateWrites('choices about being heard', health);
  }

  async choices(): Promise<readonly ChosenConsent[]> {
    const rows: ChoiceRow[] = await this.#read(() => this.#database('consents').select());
    return rows.map((row) => ({
      guildId: row.guild_id,
      userId: row.user_id,
      // What this version does not know is no leave to listen.
      choice: row.choice === 'in' ? 'in' : 'out',
      chosenAt: Number(row.chosen_at),
      textVersion: Number(row.text_version),
    }));
  }

  async modes(): Promise<readonly { readonly guildId: string; readonly mode: ConsentMode }[]> {
    const rows: { guild_id: string; mode: string }[] = await this.#read(() => this.#database('consent_modes').select());
    return rows.map(({ guild_id, mode }) => ({ guildId: guild_id, mode: mode === 'opt-out' ? 'opt-out' : 'opt-in' }));
  }

  putChoice({ guildId, userId, choice, chosenAt, textVersion }: ChosenConsent): Promise<void> {
    const row = { guild_id: guildId, user_id: userId, choice, chosen_at: chosenAt, text_version: textVersion };
    return this.#write(`${guildId}/${userId}`, () =>
      this.#database('consents').insert(row).onConflict(['guild_id', 'user_id']).merge(),
    );
  }

  putMode(guildId: string, mode: ConsentMode): Promise<void> {
    const row = { guild_id: guildId, mode, changed_at: wallClock.now() };
    return this.#write(guildId, () => this.#database('consent_modes').insert(row).onConflict('guild_id').merge());
  }

  async #read<T>(act: () => PromiseLike<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw new StoreError('Who may be heard cannot be read from the database.', { cause: error });
    }
  }

  async #write(key: string, act: () => PromiseLike<unknown>): Promise<void> {
    try {
      await this.#writes.run(key, act);
    } catch (error) {
      throw new StoreError('Who may be heard cannot be written to the database.', { cause: error });
    }
  }
}
