import type { Migration } from '../migration.ts';

/** Whom the bot answers, and by which names; NULL means the default. `names`: a JSON list. */
export const answer: Migration = {
  name: '009-answer',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.text('answer');
      table.text('names');
    });
  },
  async down(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumns('answer', 'names');
    });
  },
};
