import { createDecipheriv } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

const TAG_BYTES = 16;
const NONCE_BYTES = 4;
const GCM_NONCE_BYTES = 12;
const XCHACHA_NONCE_BYTES = 24;

/**
 * Opens one datagram's transport encryption (Discord's AEAD `rtpsize` modes: the header is authenticated, the last
 * four bytes are the nonce). Throws when it was not made with this key or was changed on the way, or for an unknown mode.
 */
export function openTransport(mode: string, key: Uint8Array, datagram: Buffer, headerBytes: number): Buffer {
  const header = datagram.subarray(0, headerBytes);
  const end = datagram.length - NONCE_BYTES;
  switch (mode) {
    case 'aead_aes256_gcm_rtpsize': {
      const nonce = Buffer.alloc(GCM_NONCE_BYTES);
      datagram.copy(nonce, 0, end);
      const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(header);
      cipher.setAuthTag(datagram.subarray(end - TAG_BYTES, end));
      const plain = cipher.update(datagram.subarray(headerBytes, end - TAG_BYTES));
      cipher.final();
      return plain;
    }
    case 'aead_xchacha20_poly1305_rtpsize': {
      const nonce = new Uint8Array(XCHACHA_NONCE_BYTES);
      nonce.set(datagram.subarray(end));
      return Buffer.from(xchacha20poly1305(key, nonce, header).decrypt(datagram.subarray(headerBytes, end)));
    }
    default:
      throw new RangeError(`unknown encryption mode ${mode}`);
  }
}
