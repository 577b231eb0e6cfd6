import type { Migration } from '../migration.ts';

/** Which slash commands were registered where, so that nothing else is removed, and nothing is registered at every start. */
export const registrations: Migration = {
  name: '016-registrations',
  async up(database) {
    await database.schema.createTable('registrations', (table) => {
      table.text('scope').primary();
      table.text('names').notNullable();
      table.text('sent').notNullable();
      table.text('got').notNullable();
      table.text('at').notNullable();
    });
  },
  async down(database) {
    await database.schema.dropTable('registrations');
  },
};
