import type { Migration } from '../migration.ts';

const COLUMNS = ['budget_month_usd', 'budget_person_usd', 'budget_person_month_usd'];

/** What a month may cost on a server, and what one person may cost there; NULL means the operator's default. */
export const budgets: Migration = {
  name: '019-budgets',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      for (const column of COLUMNS) table.double(column);
    });
  },
  async down(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumns(...COLUMNS);
    });
  },
};
