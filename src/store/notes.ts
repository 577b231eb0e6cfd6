import { wallClock } from '../clock/wall-clock.ts';
import type { Note, Notes } from '../ports/guild.ts';
import { asked, type Database } from './database/database.ts';
import { nextId } from './database/next-id.ts';
import { keptText } from './encryption/stored-text.ts';
import { openText, type TextCipher } from './encryption/text-cipher.ts';

/** What a failure of the database says. */
const WHAT = 'The notes';
const LONGEST_TEXT = 500;
const MOST_NOTES = 100;

/** The notes of every guild in the database. */
export class NoteStore implements Notes {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #seal: TextCipher;

  /** `seal`: how texts and names stand in the database. */
  constructor(database: Database, now: () => number = () => wallClock.now(), seal: TextCipher = openText) {
    this.#database = database;
    this.#now = now;
    this.#seal = seal;
  }

  async add(guildId: string, note: Pick<Note, 'text' | 'by' | 'channelId' | 'outside'>): Promise<Note> {
    const text = keptText(note.text, 'The note', LONGEST_TEXT);
    const { channelId } = note;
    const { userId, name } = note.by;
    const madeAt = this.#now();
    const id = await asked(WHAT, 'written to', async () => {
      // Counted and written in one: two who ask at once must not get past the limit.
      return this.#database.transaction(async (inside) => {
        const [row] = await inside('notes').where({ guild_id: guildId }).count({ count: '*' });
        if (Number(row?.count) >= MOST_NOTES) return undefined;
        const id = await nextId(inside, 'notes');
        const bound = { id, guild_id: guildId, user_id: userId };
        const sealed = {
          name: this.#seal.seal('notes.name', name, bound),
          text: this.#seal.seal('notes.text', text, bound),
        };
        const more = { channel_id: channelId ?? null, outside: note.outside ? 1 : 0 };
        await inside('notes').insert({ ...bound, ...sealed, made_at: madeAt, ...more });
        return id;
      });
    });
    const more = { ...(channelId !== undefined && { channelId }), ...(note.outside && { outside: true as const }) };
    if (id !== undefined) return { id, text, by: { userId, name }, madeAt, ...more };
    throw new RangeError(`This server has ${MOST_NOTES} notes already. Delete one first: /notes delete.`);
  }

  async list(guildId: string): Promise<readonly Note[]> {
    const rows = await asked(WHAT, 'read from', () =>
      this.#database('notes').where({ guild_id: guildId }).orderBy('id'),
    );
    return rows.map((row) => ({
      id: row.id,
      text: this.#seal.open('notes.text', row.text, row),
      by: { userId: row.user_id, name: this.#seal.open('notes.name', row.name, row) },
      madeAt: row.made_at,
      ...(row.channel_id && { channelId: row.channel_id }),
      ...(row.outside === 1 && { outside: true as const }),
    }));
  }

  async remove(guildId: string, id: number): Promise<boolean> {
    return (
      (await asked(WHAT, 'written to', () => this.#database('notes').where({ guild_id: guildId, id }).delete())) > 0
    );
  }
}
