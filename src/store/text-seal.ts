import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { StoreError } from './database.ts';

/** How words of people stand in the database: as they are, or sealed with a key. */
export interface TextSeal {
  /** null: nothing is sealed. */
  readonly keyId: string | null;
  /** `column` (`table.column`) is bound to the value: it opens in no other column. */
  seal(column: string, text: string): string | Buffer;
  /** Throws StoreError where it cannot be opened with this key. */
  open(column: string, kept: unknown): string;
  /** A word as it stands in the index of words. */
  blind(word: string): string;
}

/** Nothing is sealed. */
export const openText: TextSeal = {
  keyId: null,
  seal: (_column, text) => text,
  open(_column, kept) {
    if (typeof kept === 'string') return kept;
    throw new StoreError('A text in the database is encrypted and there is no key: set DATA_KEY.');
  },
  blind: (word) => word,
};

const VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES;
/** Of the HMAC of a word: 48 bits, so that two words of a language hardly ever share them. */
const BLIND_BYTES = 6;
/** Words are few and come again and again. */
const BLIND_KNOWN = 20_000;

/**
 * AES-256-GCM with a random nonce for each value: version, key id, nonce, tag, ciphertext. The keys for texts and for
 * the index of words come out of the given one by HKDF, so that neither tells the other.
 */
export class AesSeal implements TextSeal {
  readonly keyId: string;
  readonly #head: Buffer;
  readonly #textKey: Buffer;
  readonly #wordKey: Buffer;
  readonly #blinded = new Map<string, string>();

  /** `key`: 32 bytes. Throws TypeError for another length. */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new TypeError(`a key has 32 bytes, not ${key.length}`);
    const id = derived(key, 'id', KEY_ID_BYTES);
    this.keyId = id.toString('hex');
    this.#head = Buffer.concat([Buffer.of(VERSION), id]);
    this.#textKey = derived(key, 'text', 32);
    this.#wordKey = derived(key, 'words', 32);
  }

  seal(column: string, text: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#textKey, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(column));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([this.#head, nonce, cipher.getAuthTag(), sealed]);
  }

  /** A text that is not sealed is given as it is: while a database is being encrypted there are both. */
  open(column: string, kept: unknown): string {
    if (typeof kept === 'string') return kept;
    if (!Buffer.isBuffer(kept) || kept.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES) throw damaged(column);
    if (!kept.subarray(0, HEAD_BYTES).equals(this.#head)) {
      throw new StoreError(`A text in the database (${column}) was encrypted with another key than DATA_KEY.`);
    }
    const nonce = kept.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
    const tag = kept.subarray(HEAD_BYTES + NONCE_BYTES, HEAD_BYTES + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#textKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(column));
    decipher.setAuthTag(tag);
    try {
      const text = decipher.update(kept.subarray(HEAD_BYTES + NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (error) {
      throw damaged(column, error);
    }
  }

  blind(word: string): string {
    const known = this.#blinded.get(word);
    if (known !== undefined) return known;
    const blinded = createHmac('sha256', this.#wordKey)
      .update(word)
      .digest('hex')
      .slice(0, BLIND_BYTES * 2);
    if (this.#blinded.size >= BLIND_KNOWN) this.#blinded.clear();
    this.#blinded.set(word, blinded);
    return blinded;
  }
}

function derived(key: Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `parley ${purpose} 1`, bytes));
}

function damaged(column: string, cause?: unknown): StoreError {
  return new StoreError(`A text in the database (${column}) is damaged: restore the database from a copy.`, { cause });
}
