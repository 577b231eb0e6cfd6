import type { Database } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { SOMEBODY } from '../personal/tables.ts';

/** Texts of ours, and what somebody looked for: others' names may be in them. */
const COLUMNS = [
  ['notices', 'text'],
  ['reading_audit', 'what'],
] as const;
const PAGE = 200;
/** A shorter name is found in too many words. */
const SHORTEST_NAME = 2;

/**
 * Puts `somebody` in the place of these names in what the bot told the channels of a guild, such as who asked it in, and
 * in what others looked for: the texts themselves have to stay, because they are others', too. Gives how many changed.
 */
export async function takeNamesOut(
  database: Database,
  seal: TextCipher,
  guildId: string,
  names: ReadonlySet<string>,
): Promise<number> {
  const known = [...names].filter((name) => name.trim().length >= SHORTEST_NAME);
  if (known.length === 0) return 0;
  // The longest first: one name may be the beginning of another.
  const escaped = known.sort((one, other) => other.length - one.length).map((name) => RegExp.escape(name));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  let changed = 0;
  for (const [table, name] of COLUMNS) changed += await replaced(database, seal, { guildId, table, name, pattern });
  return changed;
}

async function replaced(
  database: Database,
  seal: TextCipher,
  { guildId, table, name, pattern }: { guildId: string; table: string; name: string; pattern: RegExp },
): Promise<number> {
  const column = `${table}.${name}`;
  let changed = 0;
  for (let after = 0; ; ) {
    const rows = await database(table)
      .where({ guild_id: guildId })
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'guild_id', 'user_id', name);
    for (const row of rows) {
      const text = seal.open(column, row[name], row);
      const without = text.replace(pattern, SOMEBODY);
      if (without === text) continue;
      await database(table)
        .where({ id: row.id })
        .update({ [name]: seal.seal(column, without, row) });
      changed += 1;
    }
    if (rows.length < PAGE) return changed;
    after = Number(rows.at(-1)?.id);
  }
}
