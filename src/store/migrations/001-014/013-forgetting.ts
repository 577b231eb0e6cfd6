import type { Migration } from '../migration.ts';

const LINE_TABLES = ['utterances', 'tool_calls', 'presences', 'notices'];

/**
 * What forgetting a person needs: about whom a notice is, and which posts still show words that are deleted here. More
 * columns are sealed from now on, so an encrypted database is gone through once more (store/encryption/encrypted-columns.ts). And what reading and purging need: an
 * index in the order of time.
 */
export const forgetting: Migration = {
  name: '013-forgetting',
  async up(database) {
    await database.schema.alterTable('notices', (table) => {
      /** null: about nobody. */
      table.text('user_id');
    });
    await database.schema.createTable('post_removals', (table) => {
      table.increments('id');
      table.text('guild_id').notNullable();
      /** Whose words it shows: for telling them how far it is. */
      table.text('user_id').notNullable();
      table.text('channel_id').notNullable();
      table.text('message_id').notNullable();
      /** `lines`: others speak in this message, too; `whole`: nothing of it stays. */
      table.text('extent').notNullable();
      /** JSON array of how the lines begin that go; sealed where there is a key. Deleted with the row. */
      table.text('beginnings').notNullable();
      table.integer('failures').notNullable().defaultTo(0);
      /** Why it is given up, in words for people; null: it is still to be done. */
      table.text('reason');
      table.unique(['user_id', 'channel_id', 'message_id', 'extent']);
    });
    // With the id that SQLite adds, a span of time of one guild is one stretch of the index; by (guild_id, user_id), which
    // it took instead, it read and sorted the whole guild for each page.
    for (const name of LINE_TABLES) await database.schema.alterTable(name, (table) => void table.index(['guild_id']));
    // Left behind by purges that did not take the turn with its words.
    await database.raw(
      'DELETE FROM turns WHERE NOT EXISTS (SELECT 1 FROM utterances AS u WHERE u.conversation_id = turns.conversation_id AND u.turn_id = turns.turn_id)',
    );
    await database.raw("UPDATE record_key SET state = 'sealing' WHERE state = 'sealed'");
  },
  async down(database) {
    for (const name of LINE_TABLES)
      await database.schema.alterTable(name, (table) => void table.dropIndex(['guild_id']));
    await database.schema.dropTable('post_removals');
    await database.schema.alterTable('notices', (table) => {
      table.dropColumn('user_id');
    });
  },
};
