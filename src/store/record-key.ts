import type { Logger } from 'pino';
import { type Database, StoreError } from './database.ts';
import { createWords } from './migrations/008-record.ts';
import { type Progress, Resealing } from './resealing.ts';
import { AesSeal, openText, type TextSeal } from './text-seal.ts';

const PROBE = 'parley';
const PROBE_COLUMN = 'record_key.probe';

type Log = Pick<Logger, 'info'>;
type Row = Record<string, unknown>;

/**
 * How this database's texts are sealed. With a key for the first time, what is there is sealed before this resolves,
 * which takes some minutes for a million utterances; one that was broken off goes on. Throws StoreError where the
 * key is missing or is another one.
 */
export async function unlock(database: Database, key: Uint8Array | null, log: Log): Promise<TextSeal> {
  const kept = await database('record_key').first();
  const seal = fitting(kept, key);
  if (!(seal instanceof AesSeal)) return seal;
  if (kept?.state === 'sealed') return seal;
  if (!kept) await begin(database, seal);
  const tell = ({ rows, of }: Progress): void =>
    log.info({ rows, of }, 'encrypting the database: the bot goes online when this is done');
  const rows = await new Resealing({ database, from: seal, to: seal, tell }).run();
  await database('record_key').update({ state: 'sealed' });
  if (rows > 0) log.info({ rows }, 'the database is encrypted now');
  return seal;
}

/** Whether this key fits the database, in words, without changing it. Throws StoreError as unlock() does. */
export async function tryKey(database: Database, key: Uint8Array | null): Promise<string> {
  const kept = await database('record_key').first();
  fitting(kept, key);
  if (!key) return 'off, as DATA_KEY is not set; docs/moderation.md says what it is for';
  if (!kept) return 'DATA_KEY is set, and npm start encrypts the database with it';
  if (kept.state === 'sealing') return 'DATA_KEY fits; npm start encrypts what is not encrypted yet';
  return 'DATA_KEY is the key that the database was encrypted with';
}

/** How texts are sealed with this key, where it is the right one. */
function fitting(kept: Row | undefined, key: Uint8Array | null): TextSeal {
  if (!kept && !key) return openText;
  if (!key) {
    throw new StoreError(
      'The database is encrypted, and DATA_KEY is not set: set the key that it was encrypted with. To keep it without encryption from now on, set DATA_KEY and run npm run decrypt.',
    );
  }
  const seal = new AesSeal(key);
  if (kept) check(kept, seal);
  if (kept?.state === 'unsealing') {
    throw new StoreError('The database is only half decrypted: run npm run decrypt once more.');
  }
  return seal;
}

/** Takes the encryption off; the bot must not run. Gives how many rows were sealed. Throws StoreError as unlock() does. */
export async function decrypt(
  database: Database,
  key: Uint8Array,
  tell: (progress: Progress) => void = () => {},
): Promise<number> {
  const kept = await database('record_key').first();
  if (!kept) throw new StoreError('The database is not encrypted: there is nothing to do. Take DATA_KEY out of .env.');
  const seal = new AesSeal(key);
  check(kept, seal);
  if (kept.state !== 'unsealing') {
    await database.transaction(async (transaction) => {
      await transaction('record_key').update({ state: 'unsealing' });
      await renewWords(transaction);
    });
  }
  const rows = await new Resealing({ database, from: seal, to: openText, tell }).run();
  await database('record_key').delete();
  return rows;
}

function check(kept: Row, seal: AesSeal): void {
  if (kept.key_id === seal.keyId && seal.open(PROBE_COLUMN, kept.probe) === PROBE) return;
  throw new StoreError(
    'DATA_KEY is not the key that this database was encrypted with: set that key. Without it nothing in it can be read.',
  );
}

async function begin(database: Database, seal: AesSeal): Promise<void> {
  await database.transaction(async (transaction) => {
    const probe = seal.seal(PROBE_COLUMN, PROBE);
    await transaction('record_key').insert({ one: 1, key_id: seal.keyId, probe, state: 'sealing' });
    await renewWords(transaction);
  });
}

/** An index without a word in it: those of before are in another form. */
async function renewWords(transaction: Database): Promise<void> {
  await transaction.raw('DROP TABLE words');
  await createWords(transaction);
}
