import type { Migration } from '../migration.ts';

/** What sealed texts are bound to: the server of a turn; and the key that the database is being brought to. */
export const boundTexts: Migration = {
  name: '018-bound-texts',
  async up(database) {
    await database.schema.alterTable('turns', (table) => {
      table.text('guild_id').notNullable().defaultTo('');
    });
    await database.raw(
      "UPDATE turns SET guild_id = COALESCE((SELECT guild_id FROM conversations AS c WHERE c.id = turns.conversation_id), '')",
    );
    await database.schema.alterTable('record_key', (table) => {
      /** As `key_id` and `probe`, of the new key, while `state` is `rekeying`. */
      table.text('next_key_id');
      table.binary('next_probe');
    });
  },
  async down(database) {
    await database.schema.alterTable('record_key', (table) => {
      table.dropColumns('next_key_id', 'next_probe');
    });
    await database.schema.alterTable('turns', (table) => {
      table.dropColumn('guild_id');
    });
  },
};
