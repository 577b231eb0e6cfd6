// A process that seals a database, or changes its key, to be killed meanwhile: URL FROM TO (hex; TO empty: seal with FROM).
import { openDatabase } from '../../../src/store/database/database.ts';
import { rekey, unlock } from '../../../src/store/encryption/data-key.ts';
import { keptLog } from '../doubles/log.ts';

const [, , url = '', from = '', to = ''] = process.argv;
const database = await openDatabase(url);
process.stdout.write('open\n');
const key = Buffer.from(from, 'hex');
if (to === '') await unlock(database, key, keptLog().log);
else await rekey(database, { from: key, to: Buffer.from(to, 'hex') });
await database.destroy();
process.stdout.write('done\n');
