import type { Migration } from '../migration.ts';

/** By which time old things were deleted last, so that a clock that jumps is noticed over a restart as well. */
export const purgeTime: Migration = {
  name: '015-purge-time',
  async up(database) {
    await database.schema.createTable('purge_time', (table) => {
      /** Always 1: there is one row. */
      table.integer('id').primary();
      /** ms since 1970. */
      table.bigInteger('reached_at').notNullable();
    });
  },
  async down(database) {
    await database.schema.dropTable('purge_time');
  },
};
