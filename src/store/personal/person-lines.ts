import { setImmediate as breath } from 'node:timers/promises';
import { PRIVATE_CALL } from '../../lib/line-ids.ts';
import type { UserId } from '../../ports/voice.ts';
import type { Database } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { Quotes } from '../record/quotes.ts';
import { ownRows } from './rows.ts';

type Row = Record<string, unknown>;

/**
 * The ids of everything in the record that is a person's, by kind. `answers`: of the model, to them alone. `quotedIn`:
 * calls of others in which their words or name stand. `repeated`: what the model said to others in
 * their words.
 */
export interface PersonLines {
  readonly answers: readonly number[];
  readonly toolCalls: readonly number[];
  readonly comings: readonly number[];
  readonly notices: readonly number[];
  readonly utterances: readonly number[];
  readonly quotedIn: readonly number[];
  readonly repeated: readonly number[];
  /** Under which they stand in what is kept. */
  readonly names: ReadonlySet<string>;
}

/** Rows that are opened at a time: they may be sealed, so that no index knows them. */
const PAGE = 500;
/** Results of tools are long. */
const CALLS_PAGE = 50;
/** After so much work everything else goes first: sound is sent every 20 ms. */
const WORK_MS = 6;
/** An answer to what a call brought begins within this. */
const ANSWERED_WITHIN_MS = 120_000;

/**
 * Answers to nobody else: every turn that they name is this person's. The turns of a reminder are nobody's, and stand
 * under the person whom it is for.
 */
const ANSWERS = `SELECT u.id FROM utterances AS u
  WHERE u.conversation_id = ? AND u.by = 'model' AND json_array_length(u.turn_ids) > 0 AND NOT EXISTS (
    SELECT 1 FROM json_each(u.turn_ids) AS one WHERE NOT EXISTS (
      SELECT 1 FROM turns AS t WHERE t.conversation_id = u.conversation_id AND t.turn_id = one.value AND t.user_id = ?))`;

/** Finds what is kept of a person in a guild. A call that they asked for with others counts as theirs. */
export async function linesOfPerson(
  reader: Database,
  seal: TextCipher,
  guildId: string,
  userId: UserId,
): Promise<PersonLines> {
  const whose = { guildId, userId };
  const ids = async (table: string): Promise<number[]> => {
    const rows = await ownRows(reader, table, whose).orderBy('id').select('id');
    return rows.map(({ id }) => Number(id));
  };
  const conversations: { conversation_id: number }[] = await reader.raw(
    'SELECT DISTINCT conversation_id FROM turns WHERE guild_id = ? AND user_id = ?',
    [guildId, userId],
  );
  const answers: number[] = [];
  for (const { conversation_id } of conversations) {
    const rows: { id: number }[] = await reader.raw(ANSWERS, [conversation_id, userId]);
    answers.push(...rows.map(({ id }) => Number(id)));
  }
  const { quotes, names } = await quotesOf(reader, seal, guildId, userId);
  const calls = await callsOf(reader, seal, { guildId, userId, quotes });
  const own = conversations.map(({ conversation_id }) => Number(conversation_id));
  const repeated = await repeatedIn(reader, seal, { own, calls: calls.quoting, quotes });
  return {
    answers,
    toolCalls: calls.asked,
    comings: await ids('presences'),
    notices: await ids('notices'),
    utterances: await ids('utterances'),
    quotedIn: calls.quoting.map(({ id }) => Number(id)),
    repeated: repeated.filter((id) => !answers.includes(id)),
    names,
  };
}

/** What they said and wrote here, and their names, as it is found again elsewhere. */
async function quotesOf(reader: Database, seal: TextCipher, guildId: string, userId: UserId) {
  const names = new Set<string>();
  const texts: string[] = [];
  for (const table of ['utterances', 'presences', 'notes', 'reminders', 'usage', 'places', 'rule_cards', 'turns']) {
    for await (const row of pages(reader, table, (rows) => rows.where({ guild_id: guildId, user_id: userId }))) {
      names.add(seal.open(`${table}.name`, row.name, row));
      if ('text' in row) texts.push(seal.open(`${table}.text`, row.text, row));
    }
  }
  const quotes = new Quotes({ names, id: userId });
  for (const text of texts) quotes.add(text);
  return { quotes, names };
}

async function callsOf(
  reader: Database,
  seal: TextCipher,
  { guildId, userId, quotes }: { guildId: string; userId: UserId; quotes: Quotes },
): Promise<{ readonly asked: readonly number[]; readonly quoting: readonly Row[] }> {
  const asked: number[] = [];
  const quoting: Row[] = [];
  for await (const row of pages(reader, 'tool_calls', (rows) => rows.where({ guild_id: guildId }), CALLS_PAGE)) {
    const askers: { userId: UserId }[] = JSON.parse(seal.open('tool_calls.askers', row.askers, row));
    if (askers.some((asker) => asker.userId === userId)) asked.push(Number(row.id));
    // Of what is kept for its askers alone the lines go one by one: takeGoneLinesOut().
    else if (String(row.call_id).startsWith(PRIVATE_CALL)) continue;
    else if (textsOf(row, seal).some((text) => quotes.standIn(text))) quoting.push(row);
  }
  return { asked, quoting };
}

function textsOf(row: Row, seal: TextCipher): readonly string[] {
  const columns = ['arguments', ...(row.output === null ? [] : ['output'])];
  return columns.map((name) => seal.open(`tool_calls.${name}`, row[name], row));
}

/** What the model said with the person's words in it: in conversations of theirs, and soon after others found them. */
async function repeatedIn(
  reader: Database,
  seal: TextCipher,
  { own, calls, quotes }: { own: readonly number[]; calls: readonly Row[]; quotes: Quotes },
): Promise<readonly number[]> {
  const found = new Set<number>();
  const look = async (conversation_id: unknown, from: number, until: number): Promise<void> => {
    const within = (rows: Query): Query =>
      rows.where({ conversation_id, by: 'model' }).whereBetween('started_at', [from, until]);
    for await (const row of pages(reader, 'utterances', within)) {
      if (quotes.repeats(seal.open('utterances.text', row.text, row))) found.add(Number(row.id));
    }
  };
  for (const id of own) await look(id, 0, Number.MAX_SAFE_INTEGER);
  for (const { conversation_id, started_at } of calls) {
    const at = Number(started_at);
    if (!own.includes(Number(conversation_id))) await look(conversation_id, at, at + ANSWERED_WITHIN_MS);
  }
  return [...found];
}

type Query = ReturnType<Database>;

/** Rows in the order of their rowid, some at a time; whatever is done with them, everything else has its turn. */
export async function* pages(
  reader: Database,
  table: string,
  narrowed: (rows: Query) => Query,
  size = PAGE,
): AsyncGenerator<Row> {
  let since = performance.now();
  for (let after = 0; ; ) {
    const rows: Row[] = await narrowed(reader(table))
      .select(reader.raw('rowid AS its_rowid'), '*')
      .whereRaw('rowid > ?', [after])
      .orderByRaw('rowid')
      .limit(size);
    for (const row of rows) {
      yield row;
      if (performance.now() - since < WORK_MS) continue;
      await breath();
      since = performance.now();
    }
    if (rows.length < size) return;
    after = Number(rows.at(-1)?.its_rowid);
  }
}
