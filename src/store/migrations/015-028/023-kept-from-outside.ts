import type { Migration } from '../migration.ts';

const TABLES = ['notes', 'reminders'];

/** Whether text from outside may be in what people had the bot keep: a model that knew such text wrote it down. */
export const keptFromOutside: Migration = {
  name: '023-kept-from-outside',
  async up(database) {
    for (const name of TABLES) {
      await database.schema.alterTable(name, (table) => void table.integer('outside').notNullable().defaultTo(0));
    }
  },
  async down(database) {
    for (const name of TABLES) await database.schema.alterTable(name, (table) => void table.dropColumn('outside'));
  },
};
