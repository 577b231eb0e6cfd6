import { setTimeout as wait } from 'node:timers/promises';
import type { UserId } from '../bridge/ports.ts';
import type { KeptCounts, KeptOfPerson } from '../bridge/privacy-ports.ts';
import type { PostedIn, RecordedLine } from '../bridge/record-ports.ts';
import { type Database, StoreError } from './database.ts';
import { deleteLines } from './delete-lines.ts';
import { keptBeside, stayingOf } from './kept-beside.ts';
import { takeNamesOut } from './notice-names.ts';
import { linesOfPerson, type PersonLines } from './person-lines.ts';
import { addRemoval } from './post-removals.ts';
import { postsOf } from './posts.ts';
import { lineOf, lineTables } from './record-rows.ts';
import type { TextSeal } from './text-seal.ts';

type Row = Record<string, unknown>;

/** Lines that one transaction deletes: what somebody says meanwhile waits for no more than that. */
const BATCH = 25;
/** Between two batches. */
const BREATH_MS = 2;
/** How often a checkpoint is tried while somebody reads. */
const CHECKPOINTS = 20;
const CHECKPOINT_RETRY_MS = 50;
const PAGE = 500;
const SOMEBODY = 'somebody';

/** What a PersonStore works with. `reader`: a connection of its own (openReader). */
export interface PersonStoreParts {
  readonly database: Database;
  readonly reader: Database;
  readonly seal: TextSeal;
  /** How the lines of a post begin that show this line; null: the post is this line's alone. */
  readonly beginningsOf: (line: RecordedLine) => readonly string[] | null;
}

/** All that is kept of one person in one guild, whatever the table. */
export class PersonStore {
  readonly #parts: PersonStoreParts;

  constructor(parts: PersonStoreParts) {
    this.#parts = parts;
  }

  /** How much there is, and since when. Throws StoreError. */
  summary(guildId: string, userId: UserId): Promise<Pick<KeptOfPerson, 'counts' | 'staying' | 'since'>> {
    return this.#asked('read from', async () => {
      const { reader, seal } = this.#parts;
      const lines = await linesOfPerson(reader, seal, guildId, userId);
      const kept = await this.#others(guildId, userId);
      const first = Math.min(...Object.values(lines).flatMap((ids) => ids.slice(0, 1)));
      const made = [...kept.notes, ...kept.reminders].map(({ madeAt }) => madeAt);
      const beside = await keptBeside(reader, seal, guildId, userId);
      const days = kept.usage.map(({ day }) => Date.parse(day));
      const since = Math.min(first / 1_024, ...made, ...days);
      const counts = { ...countsOf(lines), ...countsBeside(kept), cards: beside.cards.length };
      return { counts, staying: stayingOf(beside), since: Number.isFinite(since) ? Math.floor(since) : null };
    });
  }

  /** Everything, for JSON.stringify, in the order of time. Throws StoreError. */
  everything(guildId: string, userId: UserId): Promise<object> {
    return this.#asked('read from', async () => {
      const { reader, seal } = this.#parts;
      const ids = await linesOfPerson(reader, seal, guildId, userId);
      const lines = await this.#lines(Object.values(ids).flat());
      const others = await this.#others(guildId, userId);
      const beside = await keptBeside(reader, seal, guildId, userId);
      return { lines: lines.sort((one, other) => one.id - other.id), ...others, ...beside };
    });
  }

  /**
   * Deletes all of it but what was used, and writes down which posts have to be edited. Their bytes are gone from the
   * file and its log when it resolves. Throws StoreError; what was deleted until then stays deleted.
   */
  forget(guildId: string, userId: UserId): Promise<{ readonly counts: KeptCounts; readonly posts: number }> {
    return this.#asked('taken out of', async () => {
      const { database, reader, seal } = this.#parts;
      const ids = await linesOfPerson(reader, seal, guildId, userId);
      const others = await this.#others(guildId, userId);
      const { cards } = await keptBeside(reader, seal, guildId, userId);
      const messages = new Set<string>();
      const names = new Set<string>();
      // Utterances last: their turns tell which answers are theirs, should this be broken off.
      for (const some of inBatches([
        ...ids.answers,
        ...ids.toolCalls,
        ...ids.comings,
        ...ids.notices,
        ...ids.utterances,
      ])) {
        const gone = await this.#delete(guildId, userId, some);
        for (const message of gone.messages) messages.add(message);
        for (const name of gone.names) names.add(name);
        await wait(BREATH_MS);
      }
      const theirs = { guild_id: guildId, user_id: userId };
      await database.transaction(async (transaction) => {
        for (const table of ['notes', 'reminders']) await transaction(table).where(theirs).delete();
        // The bot is still to come back to where they asked it in.
        await transaction('places')
          .where(theirs)
          .update({ name: seal.seal('places.name', SOMEBODY) });
        await transaction.raw(
          'DELETE FROM turns WHERE user_id = ? AND conversation_id IN (SELECT id FROM conversations WHERE guild_id = ?)',
          [userId, guildId],
        );
      });
      await takeNamesOut(database, seal, guildId, names);
      const counts = { ...countsOf(ids), ...countsBeside(others), cards: cards.length };
      return { counts, posts: messages.size };
    });
  }

  /** Nothing that was deleted is left in the write-ahead log either. Throws StoreError. */
  settle(): Promise<void> {
    return this.#asked('taken out of', async () => {
      for (let left = CHECKPOINTS; left > 0; left -= 1) {
        const [row] = await this.#parts.database.raw('PRAGMA wal_checkpoint(TRUNCATE)');
        if (row?.busy !== 1) return;
        await wait(CHECKPOINT_RETRY_MS);
      }
    });
  }

  /** The lines that are still kept and stand in this message. */
  async linesIn({ channelId, messageId }: PostedIn): Promise<readonly RecordedLine[]> {
    const rows = await this.#parts.reader('posts').where({ channel_id: channelId, message_id: messageId });
    return this.#lines(rows.map(({ line_id }) => Number(line_id)));
  }

  /** Gives the messages that showed them, and the names under which the person stood there. */
  async #delete(guildId: string, userId: UserId, ids: readonly number[]) {
    const { database, seal, beginningsOf } = this.#parts;
    const lines = await this.#lines(ids, database);
    const removals = lines.flatMap((line) => {
      const beginnings = beginningsOf(line);
      const extent = beginnings ? ('lines' as const) : ('whole' as const);
      return line.posts.map((post) => ({ guildId, userId, post, extent, beginnings: beginnings ?? [] }));
    });
    await deleteLines(database, ids, async (transaction) => {
      for (const removal of removals) await addRemoval(transaction, seal, removal);
    });
    const theirs = lines.flatMap((line) => ('userId' in line && line.userId === userId ? [line.name] : []));
    return { messages: removals.map(({ post }) => `${post.channelId}/${post.messageId}`), names: theirs };
  }

  async #lines(ids: readonly number[], reader = this.#parts.reader): Promise<RecordedLine[]> {
    const lines: RecordedLine[] = [];
    for (const some of inBatches(ids, PAGE)) {
      const posts = await postsOf(reader, some);
      for (const table of lineTables) {
        const rows: Row[] = await reader(table).whereIn('id', some);
        for (const row of rows) {
          const line = lineOf(table, row, this.#parts.seal);
          lines.push({ ...line, posts: posts.get(line.id) ?? [] });
        }
      }
    }
    return lines;
  }

  /** What is kept beside the record. */
  async #others(guildId: string, userId: UserId) {
    const { reader, seal } = this.#parts;
    const theirs = { guild_id: guildId, user_id: userId };
    const [notes, reminders, usage]: Row[][] = await Promise.all([
      reader('notes').where(theirs).orderBy('id'),
      reader('reminders').where(theirs).orderBy('id'),
      reader('usage').where(theirs).orderBy('day'),
    ]);
    const text = (table: string, row: Row): string => seal.open(`${table}.text`, row.text);
    return {
      notes: (notes ?? []).map((row) => ({ text: text('notes', row), madeAt: Number(row.made_at) })),
      reminders: (reminders ?? []).map((row) => ({
        text: text('reminders', row),
        dueAt: Number(row.due_at),
        madeAt: Number(row.made_at),
      })),
      usage: (usage ?? []).map(({ guild_id: _guild, user_id: _user, name, day, ...row }) => ({
        day: String(day),
        name: seal.open('usage.name', name),
        ...row,
      })),
    };
  }

  async #asked<T>(doing: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(`What is kept of a person cannot be ${doing} the database.`, { cause: error });
    }
  }
}

function countsOf(ids: PersonLines) {
  return {
    utterances: ids.utterances.length,
    answers: ids.answers.length,
    toolCalls: ids.toolCalls.length,
    comings: ids.comings.length,
    notices: ids.notices.length,
  };
}

function countsBeside({
  notes,
  reminders,
  usage,
}: {
  notes: readonly unknown[];
  reminders: readonly unknown[];
  usage: readonly { day: string }[];
}) {
  const usageDays = new Set(usage.map(({ day }) => day)).size;
  return { notes: notes.length, reminders: reminders.length, usageDays };
}

function inBatches(ids: readonly number[], size = BATCH): number[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, at) => ids.slice(at * size, (at + 1) * size));
}
