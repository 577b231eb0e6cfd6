import type { Migration } from '../migration.ts';

/** What was used, a row per guild, channel, person, model and UTC day; and what a guild may spend. */
export const usage: Migration = {
  name: '002-usage',
  async up(database) {
    await database.schema.createTable('usage', (table) => {
      table.text('guild_id').notNullable();
      table.text('channel_id').notNullable();
      /** Empty: nobody knows whose it was. */
      table.text('user_id').notNullable();
      table.text('provider').notNullable();
      table.text('model').notNullable();
      /** YYYY-MM-DD of UTC. */
      table.text('day').notNullable();
      table.text('name').notNullable();
      // A reply to several people is split between them: these are no whole numbers.
      for (const column of ['replies', 'estimated_replies', 'seconds']) table.double(column).notNullable();
      for (const column of ['text_in', 'cached_text_in', 'audio_in', 'cached_audio_in', 'text_out', 'audio_out']) {
        table.double(column).notNullable();
      }
      table.primary(['guild_id', 'day', 'channel_id', 'user_id', 'provider', 'model']);
    });
    await database.schema.alterTable('guild_settings', (table) => {
      /** US dollars a UTC day. */
      table.double('budget_usd');
    });
  },
  async down(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumn('budget_usd');
    });
    await database.schema.dropTable('usage');
  },
};
