// npm run rekey: encrypts the database with another key, DATA_KEY_NEW in the place of DATA_KEY. The bot must not run.

import { StoreError } from '../store/database/database.ts';
import { rekey } from '../store/encryption/data-key.ts';
import { offline } from './offline.ts';

await offline(async (database, { dataKey, newDataKey }) => {
  if (!dataKey) throw new StoreError('DATA_KEY is not set: set the key with which the database was encrypted.');
  if (!newDataKey) {
    throw new StoreError('DATA_KEY_NEW is not set: set the new key there, such as one from  openssl rand -base64 32');
  }
  const tell = ({ rows, of }: { rows: number; of: number }): void => {
    process.stdout.write(`${rows} of ${of} entries encrypted with the new key …\n`);
  };
  const rows = await rekey(database, { from: dataKey, to: newDataKey, tell });
  return `The database has the new key now (${rows} entries). In .env, put DATA_KEY_NEW in the place of DATA_KEY before you start the bot, and keep a copy of it elsewhere.`;
});
