import type { ReaderEntry } from '../ports/reading.ts';
import { type Database, StoreError } from './database/database.ts';

const MOST_ENTRIES = 100;

/** The roles and people that guilds let read their record, in the database. Rejects with StoreError. */
export class ReaderEntries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Roles first. */
  of(guildId: string): Promise<readonly ReaderEntry[]> {
    return this.#asked('read from', async () => {
      const rows = await this.#database('reader_entries')
        .where({ guild_id: guildId })
        .orderBy([{ column: 'kind', order: 'desc' }, 'subject_id']);
      return rows.map(({ kind, subject_id }) => ({ kind: kind === 'role' ? 'role' : 'person', id: subject_id }));
    });
  }

  /** False where it was there already. Rejects with RangeError, readable, when there are too many. */
  add(guildId: string, { kind, id }: ReaderEntry): Promise<boolean> {
    return this.#asked('written to', () =>
      this.#database.transaction(async (inside) => {
        const row = { guild_id: guildId, kind, subject_id: id };
        if (await inside('reader_entries').where(row).first()) return false;
        const [all] = await inside('reader_entries').where({ guild_id: guildId }).count({ count: '*' });
        if (Number(all?.count) >= MOST_ENTRIES) {
          throw new RangeError(`At most ${MOST_ENTRIES} readers are possible. Use a role for several people.`);
        }
        await inside('reader_entries').insert(row);
        return true;
      }),
    );
  }

  /** False where there is none. */
  remove(guildId: string, { kind, id }: ReaderEntry): Promise<boolean> {
    return this.#asked('written to', async () => {
      const row = { guild_id: guildId, kind, subject_id: id };
      return (await this.#database('reader_entries').where(row).delete()) > 0;
    });
  }

  async #asked<T>(doing: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw new StoreError(`The readers of the record cannot be ${doing} the database.`, { cause: error });
    }
  }
}
