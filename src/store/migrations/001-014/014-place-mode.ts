import type { Migration } from '../migration.ts';

/** Whether the bot talks or only listens where it is, so that it comes back the same. */
export const placeMode: Migration = {
  name: '014-place-mode',
  async up(database) {
    await database.schema.alterTable('places', (table) => {
      table.text('mode').notNullable().defaultTo('talk');
    });
  },
  async down(database) {
    await database.schema.alterTable('places', (table) => {
      table.dropColumn('mode');
    });
  },
};
