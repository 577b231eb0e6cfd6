import { setTimeout as wait } from 'node:timers/promises';
import type { ForgottenBeside, KeptCounts, KeptOfPerson } from '../../ports/personal-data.ts';
import type { PostedIn, RecordedLine } from '../../ports/record.ts';
import type { UserId } from '../../ports/voice.ts';
import { type Database, StoreError } from '../database/database.ts';
import { emptyLog } from '../database/empty-log.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { deleteLines } from '../record/delete-lines.ts';
import { takeNamesOut } from '../record/notice-names.ts';
import { addRemoval } from '../record/post-removals.ts';
import { postsOf } from '../record/posts.ts';
import { takeGoneLinesOut } from '../record/private-calls.ts';
import { lineOf, lineTables } from '../record/record-rows.ts';
import { emptyFormerWords } from '../record/word-tables.ts';
import { linesOfPerson, type PersonLines, pages } from './person-lines.ts';
import { type KeptBeside, keptBeside, stayingOf } from './person-other-rows.ts';
import { settleRows } from './rows.ts';
import { personalTables } from './tables.ts';

type Row = Record<string, unknown>;

/** Lines that one transaction deletes: what somebody says meanwhile waits for no more than that. */
const BATCH = 25;
/** Between two batches. */
const BREATH_MS = 2;
const PAGE = 500;
/** Columns with ids of people in JSON, in rows that may be another's. */
const WITHIN = { tool_calls: ['askers'], rule_cards: ['context', 'deeds'] } as const;
const WITHIN_PAGE = 100;
const SETTLE_AGAIN_MS = 10_000;
/** In the place of what a call of others' was asked and found. */
const NOTHING = { arguments: '{}', output: '"(removed)"' };
/** What forgetting leaves and erasing does not. */
const REST = Object.entries(personalTables).flatMap(([table, { owner, forget, erase }]) =>
  owner !== null && forget === 'kept' && erase !== 'kept' ? [table] : [],
);
/** Tables whose rows are one person's alone, and have nothing beside them. */
const PLAIN_TABLES = ['notes', 'reminders', 'person_zones', 'places', 'rules', 'turns'];

/** What a PersonStore works with. `reader`: a connection of its own (openReader). */
export interface PersonStoreParts {
  readonly database: Database;
  readonly reader: Database;
  readonly seal: TextCipher;
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
      const { utterances, answers, toolCalls, comings, notices } = lines;
      const first = Math.min(...[utterances, answers, toolCalls, comings, notices].flatMap((ids) => ids.slice(0, 1)));
      const made = [...kept.notes, ...kept.reminders].map(({ madeAt }) => madeAt);
      const beside = await keptBeside(reader, seal, guildId, userId);
      const days = kept.usage.map(({ day }) => Date.parse(day));
      const since = Math.min(first / 1_024, ...made, ...days);
      const counts = { ...countsOf(lines), ...countsBeside(kept), ...countsOfModerating(beside) };
      return { counts, staying: stayingOf(beside), since: Number.isFinite(since) ? Math.floor(since) : null };
    });
  }

  /** Everything, for JSON.stringify, in the order of time. Throws StoreError. */
  everything(guildId: string, userId: UserId): Promise<object> {
    return this.#asked('read from', async () => {
      const { reader, seal } = this.#parts;
      const ids = await linesOfPerson(reader, seal, guildId, userId);
      const { utterances, answers, toolCalls, comings, notices } = ids;
      const lines = await this.#lines([...utterances, ...answers, ...toolCalls, ...comings, ...notices]);
      const others = await this.#others(guildId, userId);
      const beside = await keptBeside(reader, seal, guildId, userId);
      return { lines: lines.sort((one, other) => one.id - other.id), ...others, ...beside };
    });
  }

  /**
   * Deletes all of it but what was used, and writes down which posts have to be edited. Their bytes are gone from the
   * file and its log when it resolves. Throws StoreError; what was deleted until then stays deleted.
   */
  forget(
    guildId: string,
    userId: UserId,
  ): Promise<{ readonly counts: KeptCounts; readonly posts: number; readonly beside: ForgottenBeside }> {
    return this.#asked('taken out of', async () => {
      const { database, reader, seal } = this.#parts;
      const ids = await linesOfPerson(reader, seal, guildId, userId);
      const others = await this.#others(guildId, userId);
      const beside = await keptBeside(reader, seal, guildId, userId);
      const messages = new Set<string>();
      const replies = (await this.#lines(ids.repeated, database)).flatMap((line) =>
        line.kind === 'utterance' && line.replyId !== null
          ? [{ conversationId: line.conversationId, replyId: line.replyId }]
          : [],
      );
      const calls = (await this.#lines(ids.quotedIn, database)).flatMap((line) =>
        line.kind === 'tool-call' ? [{ callId: line.callId, name: line.name, arguments: line.arguments }] : [],
      );
      // Utterances last: their turns tell which answers are theirs, should this be broken off.
      for (const some of inBatches([
        ...ids.answers,
        ...ids.repeated,
        ...ids.toolCalls,
        ...ids.comings,
        ...ids.notices,
        ...ids.utterances,
      ])) {
        const gone = await this.#delete(guildId, userId, some);
        for (const message of gone) messages.add(message);
        await wait(BREATH_MS);
      }
      for (const some of inBatches(ids.quotedIn)) {
        for (const message of await this.#empty(guildId, userId, some)) messages.add(message);
        await wait(BREATH_MS);
      }
      const whose = { guildId, userId };
      await database.transaction((transaction) =>
        settleRows(transaction, seal, { tables: PLAIN_TABLES, whose, fate: 'forget' }),
      );
      await takeGoneLinesOut(database, seal, guildId);
      await takeNamesOut(database, seal, guildId, ids.names);
      const counts = { ...countsOf(ids), ...countsBeside(others), ...countsOfModerating(beside) };
      const lineIds = new Set([...ids.repeated, ...ids.quotedIn]);
      return { counts, posts: messages.size, beside: { replies, lineIds, calls } };
    });
  }

  /**
   * Nothing that was deleted is left in an index that another one took the place of, or in the write-ahead log. Where a long reader keeps it there, such as a backup,
   * it is emptied as soon as that ends. Throws StoreError.
   */
  settle(): Promise<void> {
    return this.#asked('taken out of', async () => {
      try {
        await emptyFormerWords(this.#parts.database);
        await emptyLog(this.#parts.database);
      } catch (error) {
        if (!(error instanceof StoreError && error.temporary)) throw error;
        // When the process ends before, SQLite empties the log itself.
        setTimeout(() => void this.settle().catch(() => {}), SETTLE_AGAIN_MS).unref();
      }
    });
  }

  /** The guilds in which anything is kept of a person. Throws StoreError. */
  guildsOf(userId: UserId): Promise<readonly string[]> {
    return this.#asked('read from', async () => {
      const ids = new Set<string>();
      for (const [table, { owner, where = {} }] of Object.entries(personalTables)) {
        if (owner === null) continue;
        const rows = await this.#parts
          .reader(table)
          .where({ [owner]: userId, ...where })
          .distinct('guild_id');
        for (const { guild_id } of rows) ids.add(String(guild_id));
      }
      const about = await this.#parts.reader('reports').where({ about_id: userId }).distinct('guild_id');
      for (const { guild_id } of about) ids.add(String(guild_id));
      for (const guildId of await this.#guildsWithin(userId, ids)) ids.add(guildId);
      return [...ids].sort();
    });
  }

  /** Those in whose rows they are without owning one: who asked for a tool, who spoke near a card, who acted on one. */
  async #guildsWithin(userId: UserId, known: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const { reader, seal } = this.#parts;
    const found = new Set<string>();
    for (const [table, columns] of Object.entries(WITHIN)) {
      for await (const row of pages(reader, table, (rows) => rows.whereNotIn('guild_id', [...known]), WITHIN_PAGE)) {
        const guildId = String(row.guild_id);
        if (found.has(guildId)) continue;
        const texts = columns.map((name) => seal.open(`${table}.${name}`, row[name], row));
        if (texts.some((text) => text.includes(`"userId":${JSON.stringify(userId)}`))) found.add(guildId);
      }
    }
    return found;
  }

  /** After forget(): what that leaves goes as well, as the list says of erasing, and so do reports about them. Throws StoreError. */
  eraseRest(guildId: string, userId: UserId): Promise<void> {
    return this.#asked('taken out of', async () => {
      const { database, seal } = this.#parts;
      const whose = { guildId, userId };
      await database.transaction(async (transaction) => {
        await settleRows(transaction, seal, { tables: REST, whose, fate: 'erase' });
        await transaction('reports').where({ guild_id: guildId, about_id: userId }).delete();
      });
    });
  }

  /** The lines that are still kept and stand in this message. */
  async linesIn({ channelId, messageId }: PostedIn): Promise<readonly RecordedLine[]> {
    const rows = await this.#parts.reader('posts').where({ channel_id: channelId, message_id: messageId });
    return this.#lines(rows.map(({ line_id }) => Number(line_id)));
  }

  /** Calls of others stay, without what they were asked and found. Gives the messages that showed them. */
  async #empty(guildId: string, userId: UserId, ids: readonly number[]): Promise<readonly string[]> {
    const { database, seal } = this.#parts;
    const posts = await postsOf(database, ids);
    await database.transaction(async (transaction) => {
      for (const id of ids) {
        const row = { id, guild_id: guildId };
        await transaction('tool_calls')
          .where({ id })
          .update({ arguments: seal.seal('tool_calls.arguments', NOTHING.arguments, row) });
        await transaction('tool_calls')
          .where({ id })
          .whereNotNull('output')
          .update({ output: seal.seal('tool_calls.output', NOTHING.output, row) });
        for (const post of posts.get(id) ?? []) {
          await addRemoval(transaction, seal, { guildId, userId, post, extent: 'whole', beginnings: [] });
        }
      }
    });
    return [...posts.values()].flat().map(({ channelId, messageId }) => `${channelId}/${messageId}`);
  }

  /** Gives the messages that showed them. */
  async #delete(guildId: string, userId: UserId, ids: readonly number[]): Promise<readonly string[]> {
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
    return removals.map(({ post }) => `${post.channelId}/${post.messageId}`);
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
    const [zone, notes, reminders, usage]: Row[][] = await Promise.all([
      reader('person_zones').where(theirs),
      reader('notes').where(theirs).orderBy('id'),
      reader('reminders').where(theirs).orderBy('id'),
      reader('usage').where(theirs).orderBy('day'),
    ]);
    const text = (table: string, row: Row): string => seal.open(`${table}.text`, row.text, row);
    return {
      timeZone: zone?.[0] ? String(zone[0].zone) : null,
      notes: (notes ?? []).map((row) => ({ text: text('notes', row), madeAt: Number(row.made_at) })),
      reminders: (reminders ?? []).map((row) => ({
        text: text('reminders', row),
        dueAt: Number(row.due_at),
        madeAt: Number(row.made_at),
        ...(row.repeat_days !== null && {
          repeat: { days: row.repeat_days, time: row.repeat_time, zone: row.repeat_zone },
        }),
      })),
      usage: (usage ?? []).map((row) => {
        const { guild_id: _guild, user_id: _user, name, day, ...used } = row;
        return { day: String(day), name: seal.open('usage.name', name, row), ...used };
      }),
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
    quotes: ids.quotedIn.length + ids.repeated.length,
  };
}

function countsOfModerating({ cards, deeds, rules }: KeptBeside) {
  return { cards: cards.length, deeds: deeds.length, rules: rules.length };
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
