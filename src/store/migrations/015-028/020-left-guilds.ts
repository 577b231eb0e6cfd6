import type { Migration } from '../migration.ts';

/** Servers that removed the bot, and since when: what is kept of them is deleted after a while. */
export const leftGuilds: Migration = {
  name: '020-left-guilds',
  async up(database) {
    await database.schema.createTable('left_guilds', (table) => {
      table.text('guild_id').primary();
      /** ms since 1970. */
      table.bigInteger('left_at').notNullable();
    });
    // Whose turns they are is asked for by person.
    await database.schema.alterTable('turns', (table) => void table.index(['guild_id', 'user_id']));
  },
  async down(database) {
    await database.schema.alterTable('turns', (table) => void table.dropIndex(['guild_id', 'user_id']));
    await database.schema.dropTable('left_guilds');
  },
};
