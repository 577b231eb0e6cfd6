// npm run decrypt: keeps the database without encryption from now on. The bot must not run.
import { ConfigError, readConfig } from './config.ts';
import { openDatabase, StoreError } from './store/database.ts';
import { decrypt } from './store/record-key.ts';

async function main(): Promise<string> {
  const { databaseUrl, dataKey } = readConfig();
  if (!dataKey) throw new StoreError('DATA_KEY is not set: set the key with which the database was encrypted.');
  const database = await openDatabase(databaseUrl);
  try {
    const rows = await decrypt(database, dataKey, ({ rows, of }) =>
      process.stdout.write(`${rows} of ${of} entries decrypted …\n`),
    );
    return `The database is no longer encrypted (${rows} entries). Take DATA_KEY out of .env before you start the bot.`;
  } finally {
    await database.destroy();
  }
}

main().then(
  (message) => process.stdout.write(`${message}\n`),
  (error: unknown) => {
    if (!(error instanceof ConfigError || error instanceof StoreError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
