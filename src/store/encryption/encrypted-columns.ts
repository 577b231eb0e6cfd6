/** Columns of a table that are sealed where there is a key, and those that a sealed value is bound to. */
interface SealedTable {
  readonly sealed: readonly string[];
  /** Which row of which server, and whose: with another value in one of these, a sealed text does not open. */
  readonly boundTo: readonly string[];
}

/**
 * The columns that hold words or names of people, by table: these are sealed where there is a key. In a row either all of
 * them are sealed, but for those that are NULL, or none.
 */
export const sealedTables: Readonly<Record<string, SealedTable>> = {
  turns: { sealed: ['name'], boundTo: ['guild_id', 'conversation_id', 'turn_id', 'user_id'] },
  utterances: { sealed: ['name', 'text'], boundTo: ['guild_id', 'id', 'user_id'] },
  tool_calls: { sealed: ['askers', 'arguments', 'output'], boundTo: ['guild_id', 'id'] },
  presences: { sealed: ['name'], boundTo: ['guild_id', 'id', 'user_id'] },
  notices: { sealed: ['text'], boundTo: ['guild_id', 'id', 'user_id'] },
  reading_audit: { sealed: ['name', 'what'], boundTo: ['guild_id', 'id', 'user_id'] },
  rule_cards: { sealed: ['name', 'text', 'rules', 'context', 'deeds'], boundTo: ['guild_id', 'id', 'user_id'] },
  reports: { sealed: ['by_name', 'about_name', 'reason', 'text'], boundTo: ['guild_id', 'id', 'by_id', 'about_id'] },
  notes: { sealed: ['name', 'text'], boundTo: ['guild_id', 'id', 'user_id'] },
  reminders: { sealed: ['name', 'text'], boundTo: ['guild_id', 'id', 'user_id'] },
  usage: { sealed: ['name'], boundTo: ['guild_id', 'day', 'channel_id', 'user_id', 'provider', 'model'] },
  places: { sealed: ['name'], boundTo: ['guild_id', 'user_id'] },
  guild_settings: { sealed: ['persona'], boundTo: ['guild_id'] },
  post_removals: {
    sealed: ['beginnings'],
    boundTo: ['guild_id', 'user_id', 'channel_id', 'message_id', 'extent'],
  },
};

/** What the probe of the key is bound to, beside its column. */
const PROBES: Readonly<Record<string, readonly string[]>> = { record_key: ['state'] };

/** A row, or as much of it as its sealed texts are bound to. */
export type BoundRow = Readonly<Record<string, unknown>>;

/**
 * What goes into the authentication of a sealed text of `column` (`table.column`) in this row. Throws TypeError where the
 * row lacks a column that it is bound to: that would be a mistake in our code.
 */
export function bindingOf(column: string, row: BoundRow): Buffer {
  const table = column.slice(0, column.indexOf('.'));
  const names = sealedTables[table]?.boundTo ?? PROBES[table] ?? [];
  const values = names.map((name) => {
    const value = row[name];
    if (value === undefined) throw new TypeError(`${column} is bound to ${name}, which the row does not name`);
    // SQLite gives numbers where texts went into an integer column, and the other way round.
    return value === null ? null : String(value);
  });
  return Buffer.from(JSON.stringify([column, ...values]));
}
