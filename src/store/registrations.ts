import type { Registered, RegistrationMemory } from '../ports/registration.ts';
import type { Database } from './database/database.ts';

/** Which slash commands were registered where. Rejects with what the database says. */
export class RegistrationStore implements RegistrationMemory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async of(scope: string): Promise<Registered | undefined> {
    const row: { names: string; sent: string; got: string; at: string } | undefined = await this.#database(
      'registrations',
    )
      .where({ scope })
      .first();
    return row && { names: JSON.parse(row.names), sent: row.sent, got: row.got, at: JSON.parse(row.at) };
  }

  async note(scope: string, { names, sent, got, at }: Registered): Promise<void> {
    const row = { scope, names: JSON.stringify(names), sent, got, at: JSON.stringify(at) };
    await this.#database('registrations').insert(row).onConflict('scope').merge();
  }

  async forget(scope: string): Promise<void> {
    await this.#database('registrations').where({ scope }).delete();
  }

  async scopes(): Promise<readonly string[]> {
    const rows: { scope: string }[] = await this.#database('registrations').select('scope');
    return rows.map(({ scope }) => scope);
  }
}
