import type { Migration } from '../migration.ts';

/** Rules of guilds, the cards of what they hit, and reports. Instants are ms since 1970; store/encryption/encrypted-columns.ts lists words of people. */
export const rules: Migration = {
  name: '011-rules',
  async up(database) {
    await database.schema.createTable('rule_settings', (table) => {
      table.text('guild_id').primary();
      table.text('mode');
      table.text('channel_id');
      table.integer('watch_model');
    });
    await database.schema.createTable('rules', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable();
      /** word, pattern or exception. */
      table.text('kind').notNullable();
      table.text('text').notNullable();
      table.text('by_id').notNullable();
      table.bigInteger('made_at').notNullable();
      table.integer('hits').notNullable().defaultTo(0);
      table.unique(['guild_id', 'kind', 'text']);
    });
    await database.schema.createTable('rule_cards', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable();
      table.text('channel_id').notNullable();
      table.text('user_id');
      table.text('name').notNullable();
      table.text('text').notNullable();
      table.text('rules').notNullable();
      table.text('context').notNullable();
      table.text('deeds').notNullable();
      table.text('key').notNullable();
      table.bigInteger('said_at').notNullable();
      table.bigInteger('ended_at').notNullable();
      table.integer('complete').notNullable();
      table.text('said_channel_id');
      table.text('said_message_id');
      table.text('card_channel_id');
      table.text('card_message_id');
      table.index(['guild_id', 'said_at']);
      table.index(['complete', 'id']);
    });
    await database.schema.createTable('reports', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable();
      table.text('channel_id').notNullable();
      table.text('by_id').notNullable();
      table.text('by_name').notNullable();
      table.text('about_id');
      table.text('about_name').notNullable();
      table.text('reason').notNullable();
      table.text('text').notNullable();
      table.bigInteger('made_at').notNullable();
      table.text('card_channel_id');
      table.text('card_message_id');
      table.index(['guild_id', 'made_at']);
    });
  },
  async down(database) {
    for (const table of ['reports', 'rule_cards', 'rules', 'rule_settings']) await database.schema.dropTable(table);
  },
};
