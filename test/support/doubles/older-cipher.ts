import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { TextCipher } from '../../../src/store/encryption/text-cipher.ts';

/** As version 0.1 sealed: AES-256-GCM, bound to the column alone. Written anew, so that no change in src can follow it. */
export function olderSeal(key: Buffer): TextCipher {
  const derived = (purpose: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `parley ${purpose} 1`, bytes));
  const id = derived('id', 4);
  return {
    keyId: id.toString('hex'),
    seal(column, text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', derived('text', 32), nonce, { authTagLength: 16 });
      cipher.setAAD(Buffer.from(column));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(1), id, nonce, cipher.getAuthTag(), sealed]);
    },
    open: () => {
      throw new Error('not needed');
    },
    blind: (word) => createHmac('sha256', derived('words', 32)).update(word).digest('hex').slice(0, 12),
  };
}
