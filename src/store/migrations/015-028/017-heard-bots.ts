import type { Migration } from '../migration.ts';

/** Other bots that a server lets the bot hear: a JSON list of user ids; NULL means none. */
export const heardBots: Migration = {
  name: '017-heard-bots',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.text('heard_bots');
    });
  },
  async down(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumn('heard_bots');
    });
  },
};
