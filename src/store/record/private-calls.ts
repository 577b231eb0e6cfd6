import { PRIVATE_CALL } from '../../lib/line-ids.ts';
import type { Database } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';

interface Kept {
  readonly count?: number;
  readonly said?: readonly { readonly line?: number }[];
}

/**
 * What calls brought for their askers alone stands in the record once more: takes out of that, in one guild, the lines
 * that the record has no more.
 */
export async function takeGoneLinesOut(database: Database, seal: TextCipher, guildId: string): Promise<void> {
  const rows = await database('tool_calls').where({ guild_id: guildId }).where('call_id', 'like', `${PRIVATE_CALL}%`);
  for (const row of rows) {
    const kept: Kept = JSON.parse(seal.open('tool_calls.output', row.output, row));
    const { said = [] } = kept;
    const ids = said.flatMap(({ line }) => line ?? []);
    const there = await database('utterances').whereIn('id', ids).select('id');
    const left = said.filter(({ line }) => there.some((one) => Number(one.id) === line));
    if (left.length === said.length) continue;
    const text = JSON.stringify({ ...kept, count: left.length, said: left });
    await database('tool_calls')
      .where({ id: row.id })
      .update({ output: seal.seal('tool_calls.output', text, row) });
  }
}
