/** The columns that hold words of people, by table: these are sealed where there is a key. */
export const sealedColumns: Readonly<Record<string, readonly string[]>> = {
  turns: ['name'],
  utterances: ['name', 'text'],
  tool_calls: ['askers', 'arguments', 'output'],
  presences: ['name'],
  notices: ['text'],
  reading_audit: ['name', 'what'],
  rule_cards: ['name', 'text', 'rules', 'context', 'deeds'],
  reports: ['by_name', 'about_name', 'reason', 'text'],
};
