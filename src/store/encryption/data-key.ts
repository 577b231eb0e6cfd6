import type { Logger } from 'pino';
import { type Database, StoreError } from '../database/database.ts';
import { emptyLog } from '../database/empty-log.ts';
import { renewWords } from '../record/word-tables.ts';
import { type Progress, Reencryption } from './reencryption.ts';
import { AesTextCipher, openText, type TextCipher } from './text-cipher.ts';

const PROBE = 'parley';
const PROBE_COLUMN = 'record_key.probe';
const BUSY = 'encrypting the database: the bot goes online when this is done';

type Log = Pick<Logger, 'info'>;
type State = 'sealing' | 'sealed' | 'unsealing' | 'rekeying';
type Row = Record<string, unknown>;
type Tell = (progress: Progress) => void;

/**
 * How this database's texts are sealed. With a key for the first time, what is there is sealed before this resolves,
 * which takes some minutes for a million utterances; one that was broken off goes on. So is what an older version sealed
 * without binding it to its row. Throws StoreError where the key is missing or is another one.
 */
export async function unlock(database: Database, key: Uint8Array | null, log: Log): Promise<TextCipher> {
  const kept = await database('record_key').first();
  const seal = fitting(kept, key);
  if (!(seal instanceof AesTextCipher)) return seal;
  const rows = await sealAll(database, seal, kept, ({ rows, of }) => log.info({ rows, of }, BUSY));
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

/** Takes the encryption off; the bot must not run. Gives how many rows were sealed. Throws StoreError as unlock() does. */
export async function decrypt(database: Database, key: Uint8Array, tell: Tell = () => {}): Promise<number> {
  const kept = await database('record_key').first();
  if (!kept) throw new StoreError('The database is not encrypted: there is nothing to do. Take DATA_KEY out of .env.');
  const seal = new AesTextCipher(key);
  check(kept, seal);
  if (kept.state === 'rekeying') throw halfRekeyed();
  if (kept.state !== 'unsealing') {
    await database.transaction(async (transaction) => {
      await transaction('record_key').update(stateOf('unsealing', seal));
      await renewWords(transaction);
    });
  }
  const open = seal.openEarlier.bind(seal);
  const rows = await new Reencryption({ database, open, to: openText, indexes: true, tell }).run();
  await database('record_key').delete();
  return rows;
}

/**
 * Seals everything with another key; the bot must not run. At no moment is a text readable, and one that was broken off
 * goes on with the same two keys. Gives how many rows it sealed. Throws StoreError where the old key does not fit, or the
 * new one is not the one that it was begun with.
 */
export async function rekey(
  database: Database,
  { from, to, tell = () => {} }: { readonly from: Uint8Array; readonly to: Uint8Array; readonly tell?: Tell },
): Promise<number> {
  const kept = await database('record_key').first();
  const [old, next] = [new AesTextCipher(from), new AesTextCipher(to)];
  if (!kept)
    throw new StoreError('The database is not encrypted: set DATA_KEY to the new key, and npm start encrypts it.');
  if (old.keyId === next.keyId) throw new StoreError('DATA_KEY and DATA_KEY_NEW are the same key: make a new one.');
  if (kept.state !== 'rekeying' && kept.key_id === next.keyId) {
    throw new StoreError('The database has the new key already: put DATA_KEY_NEW in the place of DATA_KEY.');
  }
  check(kept, old);
  if (kept.state === 'unsealing') throw halfDecrypted();
  if (kept.state === 'rekeying') {
    if (kept.next_key_id !== next.keyId)
      throw new StoreError('The key is being changed to another DATA_KEY_NEW: set that one.');
  } else {
    await sealAll(database, old, kept, tell);
    await database.transaction(async (transaction) => {
      const next_probe = next.seal(PROBE_COLUMN, PROBE, { state: 'rekeying' });
      await transaction('record_key').update({ ...stateOf('rekeying', old), next_key_id: next.keyId, next_probe });
      await renewWords(transaction);
    });
  }
  const open = old.open.bind(old);
  const rows = await new Reencryption({ database, open, to: next, indexes: true, tell }).run();
  const changed = { key_id: next.keyId, ...stateOf('sealed', next), next_key_id: null, next_probe: null };
  await database('record_key').update(changed);
  await emptyLog(database);
  return rows;
}

/** Whatever is not sealed, or not bound to its row, is. Gives how many rows that were. */
async function sealAll(database: Database, seal: AesTextCipher, kept: Row | undefined, tell: Tell): Promise<number> {
  const isOlder = kept !== undefined && seal.isEarlier(kept.probe);
  if (kept?.state === 'sealed' && !isOlder) return 0;
  if (!kept) {
    await database.transaction(async (transaction) => {
      await transaction('record_key').insert({ one: 1, key_id: seal.keyId, ...stateOf('sealing', seal) });
      await renewWords(transaction);
    });
  }
  // The index of words of a whole older one is in the form that it keeps.
  const indexes = kept?.state !== 'sealed';
  const open = seal.openEarlier.bind(seal);
  const rows = await new Reencryption({ database, open, to: seal, indexes, tell }).run();
  await database('record_key').update(stateOf('sealed', seal));
  return rows;
}

/** How texts are sealed with this key, where it is the right one. */
function fitting(kept: Row | undefined, key: Uint8Array | null): TextCipher {
  if (!kept && !key) return openText;
  if (!key) {
    throw new StoreError(
      'The database is encrypted, and DATA_KEY is not set: set the key that it was encrypted with. To keep it without encryption from now on, set DATA_KEY and run npm run decrypt.',
    );
  }
  const seal = new AesTextCipher(key);
  if (kept?.state === 'rekeying' && kept.next_key_id === seal.keyId) throw halfRekeyed();
  if (kept) check(kept, seal);
  if (kept?.state === 'unsealing') throw halfDecrypted();
  if (kept?.state === 'rekeying') throw halfRekeyed();
  return seal;
}

/** The state is bound to the probe: nobody without the key makes the bot take in texts that are not sealed. */
function stateOf(state: State, seal: AesTextCipher): { readonly state: State; readonly probe: Buffer } {
  return { state, probe: seal.seal(PROBE_COLUMN, PROBE, { state }) };
}

function check(kept: Row, seal: AesTextCipher): void {
  const isProbe = Buffer.isBuffer(kept.probe);
  if (isProbe && kept.key_id === seal.keyId && seal.openEarlier(PROBE_COLUMN, kept.probe, kept) === PROBE) return;
  throw new StoreError(
    'DATA_KEY is not the key that this database was encrypted with: set that key. Without it nothing in it can be read.',
  );
}

function halfDecrypted(): StoreError {
  return new StoreError('The database is only half decrypted: run npm run decrypt once more.');
}

function halfRekeyed(): StoreError {
  return new StoreError(
    'The key of the database is only half changed: run npm run rekey once more, with DATA_KEY the old key and DATA_KEY_NEW the new one.',
  );
}
