import type { UserId } from '../../ports/voice.ts';
import type { Database } from '../database/database.ts';
import { sealedTables } from '../encryption/encrypted-columns.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { type Fate, type PersonalTable, personalTables, SOMEBODY } from './tables.ts';

type Row = Record<string, unknown>;

/** A person in a guild. */
export interface Whose {
  readonly guildId: string;
  readonly userId: UserId;
}

/** The rows of a table that are theirs by its owner column, as store/personal/tables.ts has it. */
export function ownRows(reader: Database, table: string, { guildId, userId }: Whose) {
  const { owner, where = {} } = known(table);
  if (owner === null) throw new TypeError(`${table} has no column with its owner`);
  return reader(table).where({ guild_id: guildId, [owner]: userId, ...where });
}

/**
 * Deletes or disowns what is theirs in these tables, as the list says. Only for tables whose rows are nobody else's:
 * lines, cards and usage have more to them.
 */
export async function settleRows(
  transaction: Database,
  seal: TextCipher,
  { tables, whose, fate }: { tables: readonly string[]; whose: Whose; fate: 'forget' | 'erase' },
): Promise<void> {
  for (const table of tables) {
    const becomes: Fate = known(table)[fate];
    if (becomes === 'deleted') await ownRows(transaction, table, whose).delete();
    else if (becomes === 'disowned') await disown(transaction, seal, table, whose);
  }
}

/** Their rows stay, without their id and name. */
async function disown(transaction: Database, seal: TextCipher, table: string, whose: Whose): Promise<void> {
  const { owner, names } = known(table);
  const { sealed = [], boundTo = [] } = sealedTables[table] ?? {};
  const rows: Row[] = await ownRows(transaction, table, whose).select(transaction.raw('rowid AS its_rowid'), '*');
  for (const row of rows) {
    const next: Row = { ...row, [owner ?? '']: '' };
    // What is sealed is bound to whose it was.
    const isBound = owner !== null && boundTo.includes(owner);
    const texts = sealed.flatMap((name) => {
      const column = `${table}.${name}`;
      if (names.includes(name)) return [[name, seal.seal(column, SOMEBODY, next)] as const];
      if (!isBound || row[name] === null) return [];
      return [[name, seal.seal(column, seal.open(column, row[name], row), next)] as const];
    });
    await transaction(table)
      .whereRaw('rowid = ?', [Number(row.its_rowid)])
      .update({ [owner ?? '']: '', ...Object.fromEntries(texts) });
  }
}

function known(table: string): PersonalTable {
  const entry = personalTables[table];
  if (!entry) throw new TypeError(`${table} is not in the list of personal data`);
  return entry;
}
