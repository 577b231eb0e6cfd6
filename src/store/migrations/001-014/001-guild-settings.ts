import type { Migration } from '../migration.ts';

/** A row per guild that changed something; NULL means the default of the running version. */
export const guildSettings: Migration = {
  name: '001-guild-settings',
  async up(database) {
    await database.schema.createTable('guild_settings', (table) => {
      table.text('guild_id').primary();
      table.text('voice');
      table.text('persona');
      table.text('language');
      table.integer('silence_ms');
      table.integer('interruption_ms');
      table.text('turn_detection');
      table.text('transcript_channel_id');
      /** JSON array of tool names. */
      table.text('disabled_tools');
      table.integer('alone_ms');
      table.integer('idle_ms');
      /** Milliseconds since 1970. */
      table.integer('changed_at').notNullable();
    });
  },
  async down(database) {
    await database.schema.dropTable('guild_settings');
  },
};
