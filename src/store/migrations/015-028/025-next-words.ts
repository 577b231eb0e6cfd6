import { createWords } from '../001-014/008-record.ts';
import type { Migration } from '../migration.ts';

/**
 * A second index of words: one in another form is built there, and takes the place of the first when it is complete
 * (store/record/word-tables.ts). `next_form`: the form of what is being built, NULL: nothing is; `built_to`: up to which
 * line it is complete.
 */
export const nextWords: Migration = {
  name: '025-next-words',
  async up(database) {
    await createWords(database, 'next_words');
    await database.schema.alterTable('word_index', (table) => {
      table.integer('next_form');
      table.integer('built_to');
    });
  },
  async down(database) {
    await database.schema.dropTable('next_words');
    await database.schema.alterTable('word_index', (table) => {
      table.dropColumn('next_form');
      table.dropColumn('built_to');
    });
  },
};
