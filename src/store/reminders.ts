import { wallClock } from '../clock/wall-clock.ts';
import type { Reminder, Reminders, Repeat } from '../ports/guild.ts';
import type { UserId } from '../ports/voice.ts';
import { asked, type Database } from './database/database.ts';
import { nextId } from './database/next-id.ts';
import { keptText } from './encryption/stored-text.ts';
import { openText, type TextCipher } from './encryption/text-cipher.ts';

/** What a failure of the database says. */
const WHAT = 'The reminders';
const LONGEST_TEXT = 300;
const MOST_OF_ONE = 20;
const SOONEST_MS = 1_000;
const LATEST_MS = 366 * 86_400_000;

/** A reminder that is due, with how often it could not be brought to the person. */
export interface DueReminder extends Reminder {
  readonly failures: number;
}

/** Everybody's reminders in the database. What brings them is src/conversation/reminder-scheduler.ts. */
export class ReminderStore implements Reminders {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #seal: TextCipher;

  /** `seal`: how texts and names stand in the database. */
  constructor(database: Database, now: () => number = () => wallClock.now(), seal: TextCipher = openText) {
    this.#database = database;
    this.#now = now;
    this.#seal = seal;
  }

  async add(wish: Omit<Reminder, 'id' | 'madeAt'>): Promise<Reminder> {
    const madeAt = this.#now();
    const text = keptText(wish.text, 'The reminder', LONGEST_TEXT);
    const { guildId, channelId, person, dueAt, repeat } = wish;
    if (!(dueAt - madeAt >= SOONEST_MS)) throw new RangeError('That time is over already.');
    if (dueAt - madeAt > LATEST_MS) throw new RangeError('A reminder can be at most one year ahead.');
    const mine = { guild_id: guildId, user_id: person.userId };
    const id = await asked(WHAT, 'written to', () =>
      // Counted and written in one: two who ask at once must not get past the limit.
      this.#database.transaction(async (inside) => {
        const [row] = await inside('reminders').where(mine).count({ count: '*' });
        if (Number(row?.count) >= MOST_OF_ONE) return undefined;
        const id = await nextId(inside, 'reminders');
        const bound = { ...mine, id };
        const name = this.#seal.seal('reminders.name', person.name, bound);
        const sealed = { name, text: this.#seal.seal('reminders.text', text, bound) };
        await inside('reminders').insert({
          ...bound,
          channel_id: channelId,
          ...sealed,
          due_at: dueAt,
          made_at: madeAt,
          outside: wish.outside ? 1 : 0,
          ...(repeat && repeatRow(repeat)),
        });
        return id;
      }),
    );
    if (id !== undefined) return { ...wish, id, text, madeAt };
    throw new RangeError(
      `There are ${MOST_OF_ONE} reminders for one person already. Delete one first: /reminders delete.`,
    );
  }

  async of(guildId: string, userId: UserId): Promise<readonly Reminder[]> {
    const mine = { guild_id: guildId, user_id: userId };
    const rows = await asked(WHAT, 'read from', () =>
      this.#database('reminders')
        .where(mine)
        .orderBy([{ column: 'due_at' }, { column: 'id' }]),
    );
    return rows.map((row) => reminderOf(row, this.#seal));
  }

  async remove(guildId: string, userId: UserId, id: number): Promise<boolean> {
    const mine = { guild_id: guildId, user_id: userId, id };
    return (await asked(WHAT, 'written to', () => this.#database('reminders').where(mine).delete())) > 0;
  }

  /** What is due at an instant, the oldest first; at most 20. */
  async due(at: number): Promise<readonly DueReminder[]> {
    const rows = await asked(WHAT, 'read from', () =>
      this.#database('reminders').where('due_at', '<=', at).orderBy('due_at').limit(20),
    );
    return rows.map((row) => reminderOf(row, this.#seal));
  }

  /** When the next one is due; null where there is none. */
  async nextDueAt(): Promise<number | null> {
    const [row] = await asked(WHAT, 'read from', () => this.#database('reminders').min({ next: 'due_at' }));
    return (row?.next as number | null | undefined) ?? null;
  }

  /** Whether it is still wanted. */
  async has(id: number): Promise<boolean> {
    return (await asked(WHAT, 'read from', () => this.#database('reminders').where({ id }).first('id'))) !== undefined;
  }

  /** It was brought, or is given up. */
  async done(id: number): Promise<void> {
    await asked(WHAT, 'written to', () => this.#database('reminders').where({ id }).delete());
  }

  /** It was brought, or is given up, and comes again. */
  async again(id: number, dueAt: number): Promise<void> {
    await asked(WHAT, 'written to', () =>
      this.#database('reminders').where({ id }).update({ due_at: dueAt, failures: 0 }),
    );
  }

  /** It could not be brought, and is due again. */
  async postpone(id: number, dueAt: number): Promise<void> {
    await asked(WHAT, 'written to', () =>
      this.#database('reminders').where({ id }).update({ due_at: dueAt }).increment('failures', 1),
    );
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row, as knex types it
function reminderOf(row: any, seal: TextCipher): DueReminder {
  return {
    id: row.id,
    guildId: row.guild_id,
    channelId: row.channel_id,
    person: { userId: row.user_id, name: seal.open('reminders.name', row.name, row) },
    text: seal.open('reminders.text', row.text, row),
    dueAt: row.due_at,
    madeAt: row.made_at,
    failures: row.failures,
    ...(row.outside === 1 && { outside: true as const }),
    ...(row.repeat_days !== null && { repeat: repeatOf(row) }),
  };
}

function repeatRow({ days, hour, minute, zone }: Repeat) {
  const two = (number: number): string => String(number).padStart(2, '0');
  return { repeat_days: days.join(), repeat_time: `${two(hour)}:${two(minute)}`, repeat_zone: zone };
}

// biome-ignore lint/suspicious/noExplicitAny: a row, as knex types it
function repeatOf({ repeat_days: days, repeat_time: time, repeat_zone: zone }: any): Repeat {
  const [hour = 0, minute = 0] = String(time).split(':').map(Number);
  return { days: String(days).split(',').map(Number), hour, minute, zone };
}
