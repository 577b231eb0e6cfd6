import type { Migration } from '../migration.ts';

/** In which voice channel a note was made: whoever could not listen there is not told it. NULL: for the whole server. */
export const noteChannels: Migration = {
  name: '024-note-channels',
  async up(database) {
    await database.schema.alterTable('notes', (table) => {
      table.text('channel_id');
    });
  },
  async down(database) {
    await database.schema.alterTable('notes', (table) => {
      table.dropColumn('channel_id');
    });
  },
};
