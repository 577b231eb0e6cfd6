import type { Database } from './database.ts';
import type { TextSeal } from './text-seal.ts';

const COLUMN = 'notices.text';
const PAGE = 200;
/** A shorter name is found in too many words. */
const SHORTEST_NAME = 2;

/**
 * Puts `somebody` in the place of these names in what the bot told the channels of a guild, such as who asked it in: the
 * notices themselves have to stay, because others read them, too. Gives how many were changed.
 */
export async function takeNamesOut(
  database: Database,
  seal: TextSeal,
  guildId: string,
  names: ReadonlySet<string>,
): Promise<number> {
  const known = [...names].filter((name) => name.trim().length >= SHORTEST_NAME);
  if (known.length === 0) return 0;
  // The longest first: one name may be the beginning of another.
  const escaped = known.sort((one, other) => other.length - one.length).map((name) => RegExp.escape(name));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  let changed = 0;
  for (let after = 0; ; ) {
    const rows = await database('notices')
      .where({ guild_id: guildId })
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'text');
    for (const row of rows) {
      const text = seal.open(COLUMN, row.text);
      const without = text.replace(pattern, 'somebody');
      if (without === text) continue;
      await database('notices')
        .where({ id: row.id })
        .update({ text: seal.seal(COLUMN, without) });
      changed += 1;
    }
    if (rows.length < PAGE) return changed;
    after = Number(rows.at(-1)?.id);
  }
}
