import type { Migration } from '../migration.ts';

/** Who may be heard: what each person chose in a guild, and what goes for those who did not. */
export const consent: Migration = {
  name: '012-consent',
  async up(database) {
    await database.schema.createTable('consents', (table) => {
      table.text('guild_id').notNullable();
      table.text('user_id').notNullable();
      /** in or out. */
      table.text('choice').notNullable();
      /** ms since 1970. */
      table.bigInteger('chosen_at').notNullable();
      table.integer('text_version').notNullable();
      table.primary(['guild_id', 'user_id']);
    });
    await database.schema.createTable('consent_modes', (table) => {
      table.text('guild_id').primary();
      /** opt-in or opt-out. */
      table.text('mode').notNullable();
      table.bigInteger('changed_at').notNullable();
    });
  },
  async down(database) {
    await database.schema.dropTable('consent_modes');
    await database.schema.dropTable('consents');
  },
};
