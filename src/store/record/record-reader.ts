import { firstLineId } from '../../lib/line-ids.ts';
import type {
  LineRange,
  RecordedConversation,
  RecordedLine,
  RecordFinds,
  RecordReader,
  RecordSearch,
} from '../../ports/record.ts';
import type { Person, UserId } from '../../ports/voice.ts';
import { type Database, StoreError } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { postsOf } from './posts.ts';
import { conversationOf, lineOf, lineTables } from './record-rows.ts';
import { searchRecord } from './record-search.ts';

/** Lines read at a time: SQLite works in a thread of its own, but the rows are made in ours. */
const PAGE = 500;
const MOST_SPEAKERS = 500;
const MOST_NAMES = 5_000;

/** Reads the record from a connection of its own (openReader). */
export class StoredRecord implements RecordReader {
  readonly #reader: Database;
  readonly #seal: TextCipher;

  constructor(reader: Database, seal: TextCipher) {
    this.#reader = reader;
    this.#seal = seal;
  }

  async conversations(query: Parameters<RecordReader['conversations']>[0]): Promise<readonly RecordedConversation[]> {
    const { guildId, channelIds, limit, before = Number.MAX_SAFE_INTEGER } = query;
    const rows = await readable(
      this.#reader('conversations')
        .where({ guild_id: guildId })
        .where((where) => {
          where.whereIn('channel_id', channelIds);
          // When the bot is moved it says so, and sees who is there: a few lines, where utterances may be thousands.
          for (const table of ['notices', 'presences']) {
            const there = this.#reader(table).whereRaw('conversation_id = conversations.id');
            where.orWhereExists(there.whereIn('channel_id', channelIds));
          }
        })
        .where('id', '<', before)
        .orderBy('id', 'desc')
        .limit(limit),
    );
    return rows.map(conversationOf);
  }

  async conversation(guildId: string, id: number): Promise<RecordedConversation | undefined> {
    const row = await readable(this.#reader('conversations').where({ guild_id: guildId, id }).first());
    return row && conversationOf(row);
  }

  async channels(guildId: string): Promise<readonly string[]> {
    // One step into the index a channel: a DISTINCT would walk through all of the guild's utterances.
    const rows = await readable(
      this.#reader.raw<{ id: string }[]>(
        `WITH RECURSIVE spoken(id) AS (
          SELECT MIN(channel_id) FROM utterances WHERE guild_id = :guildId
          UNION ALL
          SELECT (SELECT MIN(channel_id) FROM utterances WHERE guild_id = :guildId AND channel_id > spoken.id)
          FROM spoken WHERE spoken.id IS NOT NULL
        ) SELECT id FROM spoken WHERE id IS NOT NULL`,
        { guildId },
      ),
    );
    return rows.map(({ id }) => id);
  }

  async people(conversationIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const of = (table: string) =>
      this.#reader(table)
        .select('conversation_id', 'user_id')
        .whereIn('conversation_id', conversationIds)
        .whereNotNull('user_id');
    const rows = await readable(
      this.#reader
        .from(of('turns').union(of('presences')).as('known'))
        .select('conversation_id')
        .count('user_id as people')
        .groupBy('conversation_id'),
    );
    return new Map(rows.map(({ conversation_id, people }) => [Number(conversation_id), Number(people)]));
  }

  async turnOwners(conversationId: number): Promise<ReadonlyMap<number, UserId | null>> {
    const of = (table: string) =>
      this.#reader(table).select('turn_id', 'user_id').where({ conversation_id: conversationId });
    const rows = await readable(of('turns').union(of('utterances').whereNotNull('turn_id')));
    return new Map(rows.map(({ turn_id, user_id }) => [Number(turn_id), user_id]));
  }

  async speakers(query: Parameters<RecordReader['speakers']>[0]): Promise<readonly Person[]> {
    const { guildId, channelIds } = query;
    const latest = new Map<string, { line: number; name: unknown }>();
    for (const channelId of channelIds) {
      for (const { id, line, name } of await readable(this.#speakersIn(guildId, channelId))) {
        if (line > (latest.get(id)?.line ?? 0)) latest.set(id, { line, name });
      }
    }
    return [...latest]
      .sort(([, one], [, other]) => other.line - one.line)
      .slice(0, MOST_SPEAKERS)
      .map(([userId, { line, name }]) => ({
        userId,
        name: this.#seal.open('utterances.name', name, { guild_id: guildId, id: line, user_id: userId }),
      }));
  }

  async everyName({ guildId, channelIds }: Parameters<RecordReader['everyName']>[0]): Promise<readonly Person[]> {
    const rows: Record<string, unknown>[] = [];
    for (const channelId of channelIds) rows.push(...(await readable(this.#namesIn(guildId, channelId))));
    rows.sort((one, other) => Number(other.id) - Number(one.id));
    const named = rows.map((row) => ({
      userId: String(row.user_id),
      name: this.#seal.open('utterances.name', row.name, row),
    }));
    return [...new Map(named.map((one) => [`${one.userId} ${one.name}`, one])).values()];
  }

  /**
   * A person's first and last line in each conversation, by steps into the indexes: whoever is called otherwise in between
   * is rare, and all lines of a million take seconds.
   */
  #namesIn(guildId: string, channelId: string) {
    const theirs = 'guild_id = :guildId AND channel_id = :channelId';
    const began = (line: string): string =>
      `(SELECT MIN(id) FROM utterances WHERE conversation_id = (SELECT conversation_id FROM utterances WHERE id = ${line}))`;
    return this.#reader.raw<Record<string, unknown>[]>(
      `WITH RECURSIVE spoke(id) AS (
        SELECT MIN(user_id) FROM utterances WHERE ${theirs}
        UNION ALL
        SELECT (SELECT MIN(user_id) FROM utterances WHERE ${theirs} AND user_id > spoke.id)
        FROM spoke WHERE spoke.id IS NOT NULL
      ), steps(person, line) AS (
        SELECT spoke.id, (SELECT MAX(id) FROM utterances WHERE ${theirs} AND user_id = spoke.id)
        FROM spoke WHERE spoke.id IS NOT NULL
        UNION ALL
        SELECT steps.person, (
          SELECT MAX(id) FROM utterances WHERE ${theirs} AND user_id = steps.person AND id < ${began('steps.line')}
        ) FROM steps WHERE steps.line IS NOT NULL
        LIMIT ${MOST_NAMES}
      ), ends(line) AS (
        SELECT line FROM steps
        UNION
        SELECT (SELECT MIN(id) FROM utterances WHERE ${theirs} AND user_id = steps.person AND id >= ${began('steps.line')})
        FROM steps WHERE line IS NOT NULL
      ) SELECT id, guild_id, user_id, name FROM utterances WHERE id IN (SELECT line FROM ends WHERE line IS NOT NULL)`,
      { guildId, channelId },
    );
  }

  /** One step into the index a person, as in channels(). */
  #speakersIn(guildId: string, channelId: string) {
    return this.#reader.raw<{ id: string; line: number; name: unknown }[]>(
      `WITH RECURSIVE spoke(id) AS (
        SELECT MIN(user_id) FROM utterances WHERE guild_id = :guildId AND channel_id = :channelId
        UNION ALL
        SELECT (
          SELECT MIN(user_id) FROM utterances
          WHERE guild_id = :guildId AND channel_id = :channelId AND user_id > spoke.id
        ) FROM spoke WHERE spoke.id IS NOT NULL
      ), latest(id, line) AS (
        SELECT spoke.id, (
          SELECT MAX(id) FROM utterances
          WHERE guild_id = :guildId AND channel_id = :channelId AND user_id = spoke.id
        ) FROM spoke WHERE spoke.id IS NOT NULL
      ) SELECT latest.id, latest.line, utterances.name FROM latest JOIN utterances ON utterances.id = latest.line`,
      { guildId, channelId },
    );
  }

  async *lines(range: LineRange): AsyncGenerator<RecordedLine, void, void> {
    let from = range.since === undefined ? 0 : firstLineId(range.since);
    for (;;) {
      const page = await readable(this.#page(range, from));
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      from = last.id + 1;
    }
  }

  async search(search: RecordSearch): Promise<RecordFinds> {
    return readable(searchRecord(this.#reader, this.#seal, search));
  }

  async #page({ guildId, conversationId, channelId, until }: LineRange, from: number): Promise<RecordedLine[]> {
    const to = until === undefined ? Number.MAX_SAFE_INTEGER : firstLineId(until);
    const kinds = await Promise.all(
      lineTables.map(async (table) => {
        const rows = await this.#reader(table)
          .where({
            guild_id: guildId,
            ...(conversationId !== undefined && { conversation_id: conversationId }),
            ...(channelId !== undefined && { channel_id: channelId }),
          })
          .where('id', '>=', from)
          .where('id', '<', to)
          .orderBy('id')
          .limit(PAGE);
        return rows.map((row: Record<string, unknown>) => ({ table, row }));
      }),
    );
    const rows = kinds.flat().sort((one, other) => Number(one.row.id) - Number(other.row.id));
    const lines = rows.slice(0, PAGE).map(({ table, row }) => lineOf(table, row, this.#seal));
    const posts = await postsOf(
      this.#reader,
      lines.map(({ id }) => id),
    );
    return lines.map((line) => ({ ...line, posts: posts.get(line.id) ?? [] }));
  }
}

/** A failure in words for people; what the driver says is the cause. */
async function readable<T>(reading: PromiseLike<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('What was said cannot be read from the database.', { cause: error });
  }
}
