import type { Migration } from '../migration.ts';

/** Whether and where what is said is posted at once, who may read the record, and who did. */
export const reading: Migration = {
  name: '010-reading',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.boolean('live_transcript');
      /** channel or thread. */
      table.text('live_place');
    });
    // Who spoke in a channel is asked at every letter that somebody types.
    await database.schema.alterTable('utterances', (table) => {
      table.index(['guild_id', 'channel_id', 'user_id'], 'utterances_speakers');
    });
    await database.schema.createTable('reader_entries', (table) => {
      table.text('guild_id').notNullable();
      /** role or person. */
      table.text('kind').notNullable();
      table.text('subject_id').notNullable();
      table.primary(['guild_id', 'kind', 'subject_id']);
    });
    await database.schema.createTable('reading_audit', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable();
      table.bigInteger('at').notNullable().index();
      table.text('user_id').notNullable();
      /** Sealed where there is a key, like `what`. */
      table.text('name').notNullable();
      table.text('act').notNullable();
      table.text('what').notNullable();
      table.integer('lines').notNullable();
      // SQLite adds the id to every index, so that this is in the order of time.
      table.index(['guild_id']);
    });
  },
  async down(database) {
    await database.schema.alterTable('utterances', (table) => {
      table.dropIndex([], 'utterances_speakers');
    });
    await database.schema.dropTable('reading_audit');
    await database.schema.dropTable('reader_entries');
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumn('live_place');
      table.dropColumn('live_transcript');
    });
  },
};
