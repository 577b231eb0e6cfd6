import type { UserId } from '../bridge/ports.ts';
import type { Database } from './database.ts';
import type { TextSeal } from './text-seal.ts';

/** The ids of everything in the record that is a person's, by kind. `answers`: of the model, to them alone. */
export interface PersonLines {
  readonly answers: readonly number[];
  readonly toolCalls: readonly number[];
  readonly comings: readonly number[];
  readonly notices: readonly number[];
  readonly utterances: readonly number[];
}

/** Calls whose askers are opened at a time: they may be sealed, so that no index knows them. */
const PAGE = 500;

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
  seal: TextSeal,
  guildId: string,
  userId: UserId,
): Promise<PersonLines> {
  const theirs = { guild_id: guildId, user_id: userId };
  const ids = async (table: string): Promise<number[]> => {
    const rows = await reader(table).where(theirs).orderBy('id').select('id');
    return rows.map(({ id }) => Number(id));
  };
  const conversations: { conversation_id: number }[] = await reader.raw(
    'SELECT DISTINCT t.conversation_id FROM conversations AS c JOIN turns AS t ON t.conversation_id = c.id WHERE c.guild_id = ? AND t.user_id = ?',
    [guildId, userId],
  );
  const answers: number[] = [];
  for (const { conversation_id } of conversations) {
    const rows: { id: number }[] = await reader.raw(ANSWERS, [conversation_id, userId]);
    answers.push(...rows.map(({ id }) => Number(id)));
  }
  return {
    answers,
    toolCalls: await callsOf(reader, seal, guildId, userId),
    comings: await ids('presences'),
    notices: await ids('notices'),
    utterances: await ids('utterances'),
  };
}

async function callsOf(reader: Database, seal: TextSeal, guildId: string, userId: UserId): Promise<number[]> {
  const found: number[] = [];
  for (let after = 0; ; ) {
    const rows = await reader('tool_calls')
      .where({ guild_id: guildId })
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'askers');
    for (const row of rows) {
      const askers: { userId: UserId }[] = JSON.parse(seal.open('tool_calls.askers', row.askers));
      if (askers.some((asker) => asker.userId === userId)) found.push(Number(row.id));
    }
    if (rows.length < PAGE) return found;
    after = Number(rows.at(-1)?.id);
  }
}
