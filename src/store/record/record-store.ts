import type { RecordBatch, RecordedLine, RecordedUtterance, RecordWriter } from '../../ports/record.ts';
import { type Database, StoreError } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { conversationRow, lineRow, turnRow } from './record-rows.ts';
import { indexed } from './search-terms.ts';
import { builtTo, wordTables } from './word-tables.ts';

type Row = Readonly<Record<string, unknown>>;

/** By what each kind of line is known beside its id: late words of a line that nobody remembers find it again. */
const KEYS = {
  conversations: [['id']],
  turns: [['conversation_id', 'turn_id']],
  utterances: [['id'], ['conversation_id', 'turn_id'], ['conversation_id', 'reply_id']],
  tool_calls: [['id'], ['conversation_id', 'call_id']],
  presences: [['id']],
  notices: [['id']],
} as const;

/** Writes what is said and done, batch by batch. */
export class RecordStore implements RecordWriter {
  readonly #database: Database;
  readonly #seal: TextCipher;

  constructor(database: Database, seal: TextCipher) {
    this.#database = database;
    this.#seal = seal;
  }

  async write({ conversation, turns, lines, withdrawn = [], withdrawnLines = [] }: RecordBatch): Promise<void> {
    try {
      await this.#database.transaction(async (transaction) => {
        await put(transaction, 'conversations', conversationRow(conversation));
        for (const turn of turns) await put(transaction, 'turns', turnRow(turn, conversation, this.#seal));
        for (const line of lines) await this.#line(transaction, line);
        if (withdrawn.length > 0) await takeOut(transaction, conversation.id, withdrawn);
        if (withdrawnLines.length > 0) await takeOutLines(transaction, withdrawnLines);
      });
    } catch (error) {
      throw new StoreError('What is said cannot be written to the database.', { cause: error });
    }
  }

  /** Brings to an end what a process left open that was killed. Gives how many conversations that were. */
  async closeUnfinished(): Promise<number> {
    const open = await this.#database('conversations').whereNull('ended_at').select('id', 'started_at');
    for (const { id, started_at } of open) await this.#close(Number(id), Number(started_at));
    return open.length;
  }

  /** The id of the last conversation that is kept; 0: there is none. */
  async lastConversation(): Promise<number> {
    const [row] = await this.#database('conversations').max({ last: 'id' });
    return Number(row?.last ?? 0);
  }

  async #close(id: number, startedAt: number): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const unread = await transaction('utterances').where({ conversation_id: id, state: 'open' });
      for (const row of unread) {
        const text = this.#seal.open('utterances.text', row.text, row);
        const state = text === '' ? 'unknown' : 'final';
        await transaction('utterances').where({ id: row.id }).update({ state });
        await index(transaction, { ...scopeOf(row), text }, this.#seal);
      }
      const last = await transaction('utterances').where({ conversation_id: id }).max('ended_at as at').first();
      const ended_at = Math.max(startedAt, Number(last?.at ?? 0));
      await transaction('turns').where({ conversation_id: id }).whereNull('ended_at').update({ ended_at });
      await transaction('conversations').where({ id }).update({ ended_at, end_reason: 'stopped' });
    });
  }

  async #line(transaction: Database, line: RecordedLine): Promise<void> {
    const { table, row } = lineRow(line, this.#seal);
    const id = await put(transaction, table, row);
    // It found a line of before by its turn: its texts are to be bound to that one.
    if (id !== line.id) await put(transaction, table, lineRow({ ...line, id }, this.#seal).row);
    if (line.kind === 'utterance' && line.state !== 'open') await index(transaction, { ...line, id }, this.#seal);
    for (const { channelId, messageId } of line.posts) {
      await transaction.raw('INSERT OR IGNORE INTO posts (line_id, channel_id, message_id) VALUES (?, ?, ?)', [
        id,
        channelId,
        messageId,
      ]);
    }
  }
}

/** Deletes turns with what was said in them, in a transaction. */
async function takeOut(transaction: Database, conversationId: number, turnIds: readonly number[]): Promise<void> {
  const rows = await transaction('utterances')
    .where({ conversation_id: conversationId })
    .whereIn('turn_id', turnIds)
    .select('id');
  await takeOutLines(
    transaction,
    rows.map(({ id }) => Number(id)),
  );
  await transaction('turns').where({ conversation_id: conversationId }).whereIn('turn_id', turnIds).delete();
}

async function takeOutLines(transaction: Database, ids: readonly number[]): Promise<void> {
  for (const table of wordTables) await transaction(table).whereIn('rowid', ids).delete();
  await transaction('posts').whereIn('line_id', ids).delete();
  await transaction('utterances').whereIn('id', ids).delete();
}

type Indexed = Pick<RecordedUtterance, 'id' | 'conversationId' | 'channelId' | 'userId' | 'text'>;

/** Makes an utterance findable: its words, and where and by whom they were said. */
function index(transaction: Database, line: Indexed, seal: TextCipher): Promise<void> {
  return indexAll(transaction, [line], seal);
}

/** index() of up to some thousand utterances. */
export async function indexAll(transaction: Database, lines: readonly Indexed[], seal: TextCipher): Promise<void> {
  const silent = lines.filter(({ text }) => text === '').map(({ id }) => id);
  if (silent.length > 0) {
    for (const table of wordTables) await transaction(table).whereIn('rowid', silent).delete();
  }
  const words = wordsOf(lines, seal);
  await insertWords(transaction, 'words', words);
  if (words.length === 0) return;
  const built = await builtTo(transaction);
  if (built !== null) {
    await insertWords(
      transaction,
      'next_words',
      words.filter(({ id }) => id <= built),
    );
  }
}

interface LineWords {
  readonly id: number;
  readonly values: readonly [id: number, text: string, scope: string];
}

/** What an index of words holds of each line that has any. */
export function wordsOf(lines: readonly Indexed[], seal: TextCipher): LineWords[] {
  return lines
    .filter(({ text }) => text !== '')
    .map((line) => ({ id: line.id, values: [line.id, indexed(line.text, seal), whereSaid(line)] }));
}

/** Writes up to some thousand lines into an index of words, in the place of what stands there of them. */
export async function insertWords(
  transaction: Database,
  table: (typeof wordTables)[number],
  words: readonly LineWords[],
): Promise<void> {
  if (words.length === 0) return;
  await transaction.raw(
    `INSERT OR REPLACE INTO ${table} (rowid, text, scope) VALUES ${words.map(() => '(?, ?, ?)').join(', ')}`,
    words.flatMap(({ values }) => [...values]),
  );
}

function whereSaid(line: Indexed): string {
  const scope = [
    channelScope(line.channelId),
    conversationScope(line.conversationId),
    ...(line.userId === null ? [] : [userScope(line.userId)]),
  ];
  return scope.join(' ');
}

/** What index() needs of a row, but for the text. */
export function scopeOf(row: Row): Omit<Indexed, 'text'> {
  return {
    id: Number(row.id),
    conversationId: Number(row.conversation_id),
    channelId: String(row.channel_id),
    userId: row.user_id === null ? null : String(row.user_id),
  };
}

export const channelScope = (channelId: string): string => `c${channelId}`;
export const conversationScope = (conversationId: number): string => `v${conversationId}`;
export const userScope = (userId: string): string => `u${userId}`;

/** Inserts a row, or updates the one that has one of its keys. Gives the id of the row that stands there now. */
async function put(transaction: Database, table: keyof typeof KEYS, row: Row): Promise<number> {
  const names = Object.keys(row);
  const set = names
    .filter((name) => name !== 'id' && name !== 'conversation_id')
    .map((name) => `"${name}" = excluded."${name}"`)
    .join(', ');
  const update = KEYS[table].map((key) => `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set}`).join(' ');
  const columns = names.map((name) => `"${name}"`).join(', ');
  const sql = `INSERT INTO ${table} (${columns}) VALUES (${names.map(() => '?').join(', ')}) ${update} RETURNING rowid AS id`;
  const [kept] = await transaction.raw(sql, Object.values(row) as never[]);
  return Number(kept?.id);
}
