import type { Migration } from '../migration.ts';

/** Which provider and model a guild chose; NULL means the configured default. */
export const guildModel: Migration = {
  name: '003-guild-model',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.text('provider');
      table.text('model');
    });
  },
  async down(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumns('provider', 'model');
    });
  },
};
