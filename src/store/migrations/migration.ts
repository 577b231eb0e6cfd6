import type { Knex } from 'knex';

/** One step of the tables' history. Its name is kept in the database: never rename, reorder or change a released one. */
export interface Migration {
  readonly name: string;
  up(database: Knex): Promise<void>;
  down(database: Knex): Promise<void>;
}
