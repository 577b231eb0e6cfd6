// Discord's transport encryption between a client and the voice server, modes with the suffix _rtpsize:
// https://docs.discord.com/developers/topics/voice-connections#transport-encryption-modes
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

/** The modes in the order in which Discord offers them. */
export const ENCRYPTION_MODES = ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize'] as const;
export type EncryptionMode = (typeof ENCRYPTION_MODES)[number];

const TAG_BYTES = 16;
const COUNTER_BYTES = 4;

/** Whether a name stands for a mode that Transport can do. */
export function isEncryptionMode(mode: unknown): mode is EncryptionMode {
  return (ENCRYPTION_MODES as readonly unknown[]).includes(mode);
}

/**
 * Seals and opens RTP packets with one key of 32 bytes. A packet is: readable header (authenticated), ciphertext, 16 bytes
 * of tag, and the 4 bytes of a counter that, padded with zeros, is the nonce.
 */
export class Transport {
  readonly #aes: KeyObject | undefined;
  readonly #key: Uint8Array;
  readonly #nonce: Buffer;
  #counter = 0;

  constructor(mode: EncryptionMode, key: Uint8Array) {
    this.#key = key;
    this.#aes = mode === 'aead_aes256_gcm_rtpsize' ? createSecretKey(key) : undefined;
    this.#nonce = Buffer.alloc(this.#aes ? 12 : 24);
  }

  /** The whole datagram, in a buffer of its own. */
  seal(header: Buffer, body: Buffer): Buffer {
    this.#counter = (this.#counter + 1) >>> 0;
    this.#nonce.writeUInt32BE(this.#counter, 0);
    const datagram = Buffer.allocUnsafe(header.length + body.length + TAG_BYTES + COUNTER_BYTES);
    datagram.set(header, 0);
    if (this.#aes) {
      const cipher = createCipheriv('aes-256-gcm', this.#aes, this.#nonce);
      cipher.setAAD(header);
      datagram.set(cipher.update(body), header.length);
      cipher.final();
      datagram.set(cipher.getAuthTag(), header.length + body.length);
    } else {
      datagram.set(xchacha20poly1305(this.#key, this.#nonce, header).encrypt(body), header.length);
    }
    this.#nonce.copy(datagram, datagram.length - COUNTER_BYTES, 0, COUNTER_BYTES);
    return datagram;
  }

  /** What was encrypted, or undefined when the packet is too short or not authentic. */
  open(datagram: Buffer, headerBytes: number): Buffer | undefined {
    const end = datagram.length - COUNTER_BYTES;
    const tagAt = end - TAG_BYTES;
    if (tagAt < headerBytes) return undefined;
    datagram.copy(this.#nonce, 0, end);
    const header = datagram.subarray(0, headerBytes);
    try {
      if (!this.#aes) {
        const opened = xchacha20poly1305(this.#key, this.#nonce, header).decrypt(datagram.subarray(headerBytes, end));
        return Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength);
      }
      const decipher = createDecipheriv('aes-256-gcm', this.#aes, this.#nonce);
      decipher.setAAD(header);
      decipher.setAuthTag(datagram.subarray(tagAt, end));
      const body = decipher.update(datagram.subarray(headerBytes, tagAt)); // GCM gives everything here, nothing in final()
      decipher.final();
      return body;
    } catch {
      return undefined;
    }
  }
}
