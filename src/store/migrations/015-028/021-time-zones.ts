import type { Migration } from '../migration.ts';

/** Whose clocks count, and reminders that come again. */
export const timeZones: Migration = {
  name: '021-time-zones',
  async up(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      /** An IANA zone; NULL: nobody chose one. */
      table.text('time_zone');
    });
    await database.schema.createTable('person_zones', (table) => {
      table.text('guild_id').notNullable();
      table.text('user_id').notNullable();
      table.text('zone').notNullable();
      table.primary(['guild_id', 'user_id']);
    });
    await database.schema.alterTable('reminders', (table) => {
      /** Days of the week (1: Monday) with commas between them; NULL: it comes once. */
      table.text('repeat_days');
      /** HH:MM, and on whose clocks. */
      table.text('repeat_time');
      table.text('repeat_zone');
    });
  },
  async down(database) {
    await database.schema.alterTable('reminders', (table) => {
      table.dropColumns('repeat_days', 'repeat_time', 'repeat_zone');
    });
    await database.schema.dropTable('person_zones');
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumn('time_zone');
    });
  },
};
