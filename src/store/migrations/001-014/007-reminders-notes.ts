import type { Migration } from '../migration.ts';

/** What people want to be reminded of, and what guilds want remembered. Instants are ms since 1970. */
export const remindersNotes: Migration = {
  name: '007-reminders-notes',
  async up(database) {
    await database.schema.createTable('reminders', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable();
      table.text('channel_id').notNullable();
      table.text('user_id').notNullable();
      table.text('name').notNullable();
      table.text('text').notNullable();
      table.bigInteger('due_at').notNullable().index();
      table.bigInteger('made_at').notNullable();
      /** How often it could not be brought to the person. */
      table.integer('failures').notNullable().defaultTo(0);
      table.index(['guild_id', 'user_id']);
    });
    await database.schema.createTable('notes', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable().index();
      table.text('user_id').notNullable();
      table.text('name').notNullable();
      table.text('text').notNullable();
      table.bigInteger('made_at').notNullable();
    });
  },
  async down(database) {
    await database.schema.dropTable('notes');
    await database.schema.dropTable('reminders');
  },
};
