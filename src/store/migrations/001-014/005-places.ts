import type { Migration } from '../migration.ts';

/** Where the bot is, so that it comes back after a crash; and which process uses the database. */
export const places: Migration = {
  name: '005-places',
  async up(database) {
    await database.schema.createTable('places', (table) => {
      table.text('guild_id').primary();
      table.text('channel_id').notNullable();
      /** Who asked the bot in. */
      table.text('user_id').notNullable();
      table.text('name').notNullable();
    });
    await database.schema.createTable('instances', (table) => {
      /** The bot's user id. */
      table.text('bot_id').primary();
      table.text('host').notNullable();
      table.integer('pid').notNullable();
      /** Random, of one start. */
      table.text('start_id').notNullable();
      /** Milliseconds since 1970. */
      table.integer('seen_at').notNullable();
    });
  },
  async down(database) {
    await database.schema.dropTable('instances');
    await database.schema.dropTable('places');
  },
};
