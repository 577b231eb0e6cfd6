import type { Migration } from '../migration.ts';

/** In which form the words of the record are indexed (WORD_FORM in store/record/search-terms.ts), and before which line they still are not. */
export const wordIndex: Migration = {
  name: '022-word-index',
  async up(database) {
    await database.schema.createTable('word_index', (table) => {
      table.integer('one').primary();
      table.integer('form').notNullable();
      /** An id of a line; NULL: all are. */
      table.integer('before');
    });
  },
  async down(database) {
    await database.schema.dropTable('word_index');
  },
};
