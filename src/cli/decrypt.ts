// npm run decrypt: keeps the database without encryption from now on. The bot must not run.

import { StoreError } from '../store/database/database.ts';
import { decrypt } from '../store/encryption/data-key.ts';
import { offline } from './offline.ts';

await offline(async (database, { dataKey }) => {
  if (!dataKey) throw new StoreError('DATA_KEY is not set: set the key with which the database was encrypted.');
  const rows = await decrypt(database, dataKey, ({ rows, of }) =>
    process.stdout.write(`${rows} of ${of} entries decrypted …\n`),
  );
  return `The database is no longer encrypted (${rows} entries). Take DATA_KEY out of .env before you start the bot.`;
});
