import type { Pcm } from '../../ports/voice.ts';

/** Samples as both protocols carry them: base64 of signed 16-bit little endian. */
export function toBase64(pcm: Pcm): string {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64');
}

/** Turns base64 chunks back into samples; a sample that a chunk border cuts in two is put together again. */
export class PcmDecoder {
  #half: number | undefined;

  decode(base64: string): Pcm {
    let bytes = Buffer.from(base64, 'base64');
    if (this.#half !== undefined) bytes = Buffer.concat([Buffer.of(this.#half), bytes]);
    const even = bytes.length - (bytes.length % 2);
    this.#half = even < bytes.length ? bytes[even] : undefined;
    if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, even / 2);
    return new Int16Array(Uint8Array.from(bytes.subarray(0, even)).buffer);
  }
}
