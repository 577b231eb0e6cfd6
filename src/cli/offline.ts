import { type Config, readConfig } from '../config/config.ts';
import { ConfigError } from '../ports/errors.ts';
import { type Database, openDatabase, StoreError } from '../store/database/database.ts';
import { botIdOf, InstanceLock } from '../store/database/instance-lock.ts';

/**
 * Runs a program that needs the database for itself, as a person starts it in a terminal: what `act` gives is printed, and
 * an operator's mistake is a line on stderr and exit 1. While the bot runs with this database, that is such a mistake.
 */
export async function offline(act: (database: Database, config: Config) => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await locked(act)}\n`);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function locked(act: (database: Database, config: Config) => Promise<string>): Promise<string> {
  const config = readConfig();
  const database = await openDatabase(config.databaseUrl);
  try {
    const lock = await InstanceLock.take(database, { botId: botIdOf(config.discord.token) });
    try {
      return await act(database, config);
    } finally {
      await lock.release();
    }
  } finally {
    await database.destroy();
  }
}
