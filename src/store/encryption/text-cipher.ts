import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { StoreError } from '../database/database.ts';
import { type BoundRow, bindingOf } from './encrypted-columns.ts';

/** How words of people stand in the database: as they are, or sealed with a key. */
export interface TextCipher {
  /** null: nothing is sealed. */
  readonly keyId: string | null;
  /** Bound to `column` (`table.column`) and to the row (store/encryption/encrypted-columns.ts): it opens in no other place. */
  seal(column: string, text: string, row?: BoundRow): string | Buffer;
  /** Throws StoreError where it is not sealed with this key, or was sealed for another place. */
  open(column: string, kept: unknown, row?: BoundRow): string;
  /** A word as it stands in the index of words. */
  blind(word: string): string;
}

/** Nothing is sealed. */
export const openText: TextCipher = {
  keyId: null,
  seal: (_column, text) => text,
  open(_column, kept) {
    if (typeof kept === 'string') return kept;
    throw new StoreError('A text in the database is encrypted and there is no key: set DATA_KEY.');
  },
  blind: (word) => word,
};

/** Bound to its column alone: what older versions wrote. */
const COLUMN_BOUND = 1;
const ROW_BOUND = 2;
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
export class AesTextCipher implements TextCipher {
  readonly keyId: string;
  /** How every text that it seals begins. */
  readonly head: Buffer;
  readonly #oldHead: Buffer;
  readonly #textKey: Buffer;
  readonly #wordKey: Buffer;
  readonly #blinded = new Map<string, string>();

  /** `key`: 32 bytes. Throws TypeError for another length. */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new TypeError(`a key has 32 bytes, not ${key.length}`);
    const id = derived(key, 'id', KEY_ID_BYTES);
    this.keyId = id.toString('hex');
    this.head = Buffer.concat([Buffer.of(ROW_BOUND), id]);
    this.#oldHead = Buffer.concat([Buffer.of(COLUMN_BOUND), id]);
    this.#textKey = derived(key, 'text', 32);
    this.#wordKey = derived(key, 'words', 32);
  }

  seal(column: string, text: string, row: BoundRow = {}): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#textKey, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(bindingOf(column, row));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([this.head, nonce, cipher.getAuthTag(), sealed]);
  }

  open(column: string, kept: unknown, row: BoundRow = {}): string {
    if (typeof kept === 'string') {
      throw new StoreError(
        `A text in the database (${column}) is not encrypted, though the database is: something else wrote it. Restore the database from a copy.`,
      );
    }
    return this.#open(column, kept, this.head, bindingOf(column, row));
  }

  /** Opens what may still be in a form of before as well: not sealed, or bound to its column alone. */
  openEarlier(column: string, kept: unknown, row: BoundRow = {}): string {
    if (typeof kept === 'string') return kept;
    return this.isEarlier(kept)
      ? this.#open(column, kept, this.#oldHead, Buffer.from(column))
      : this.open(column, kept, row);
  }

  /** Whether it is a text of this key that is bound to its column alone. */
  isEarlier(kept: unknown): boolean {
    return Buffer.isBuffer(kept) && kept.subarray(0, HEAD_BYTES).equals(this.#oldHead);
  }

  #open(column: string, kept: unknown, head: Buffer, binding: Buffer): string {
    if (!Buffer.isBuffer(kept) || kept.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES) throw damaged(column);
    if (!kept.subarray(1, HEAD_BYTES).equals(head.subarray(1))) {
      throw new StoreError(`A text in the database (${column}) was encrypted with another key than DATA_KEY.`);
    }
    if (kept[0] !== head[0]) throw damaged(column);
    const nonce = kept.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
    const tag = kept.subarray(HEAD_BYTES + NONCE_BYTES, HEAD_BYTES + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#textKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(binding);
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
  return new StoreError(
    `A text in the database (${column}) is damaged, or was moved there from elsewhere: restore the database from a copy.`,
    { cause },
  );
}
