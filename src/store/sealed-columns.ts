/**
 * The columns that hold words or names of people, by table: these are sealed where there is a key. In a row either all of
 * them are sealed, but for those that are NULL, or none.
 */
export const sealedColumns: Readonly<Record<string, readonly string[]>> = {
  turns: ['name'],
  utterances: ['name', 'text'],
  tool_calls: ['askers', 'arguments', 'output'],
  presences: ['name'],
  notices: ['text'],
  reading_audit: ['name', 'what'],
  rule_cards: ['name', 'text', 'rules', 'context', 'deeds'],
  reports: ['by_name', 'about_name', 'reason', 'text'],
  notes: ['name', 'text'],
  reminders: ['name', 'text'],
  usage: ['name'],
  places: ['name'],
  guild_settings: ['persona'],
  post_removals: ['beginnings'],
};
