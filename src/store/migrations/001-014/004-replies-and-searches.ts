import type { Migration } from '../migration.ts';

/** In which form a guild wants its answers; and the web searches behind them, which are billed apart. */
export const repliesAndSearches: Migration = {
  name: '004-replies-and-searches',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.text('reply_form');
    });
    await database.schema.alterTable('usage', (table) => {
      table.double('searches').notNullable().defaultTo(0);
    });
  },
  async down(database) {
    await database.schema.alterTable('usage', (table) => {
      table.dropColumn('searches');
    });
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumn('reply_form');
    });
  },
};
