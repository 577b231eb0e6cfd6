import type { Migration } from '../migration.ts';

/** Who may use which tool of a guild; a tool without a row goes by its risk. */
export const policy: Migration = {
  name: '006-policy',
  async up(database) {
    await database.schema.createTable('tool_rules', (table) => {
      table.text('guild_id').notNullable();
      table.text('tool').notNullable();
      /** everyone, role or person. */
      table.text('kind').notNullable();
      /** Of the role or the person; of the guild for everyone. */
      table.text('subject_id').notNullable();
      table.boolean('allowed').notNullable();
      table.primary(['guild_id', 'tool', 'kind', 'subject_id']);
    });
  },
  async down(database) {
    await database.schema.dropTable('tool_rules');
  },
};
