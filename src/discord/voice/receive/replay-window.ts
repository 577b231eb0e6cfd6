import { sequenceDistance } from '../../../audio/jitter-buffer.ts';

/** Sequence numbers that are remembered, as RFC 3711 §3.3.2 wants it (64 at least). A power of two. */
const SIZE = 256;
/** Nonces between two packets of one stream that change places: many people's packets share the counter. */
const NONCE_SLACK = 4096;

/**
 * Which packets of one SSRC came already. Ask it only about packets whose transport encryption was opened: a forged one
 * must not move it. Discord's nonce is a counter, which tells a sender that began anew from an old packet sent again.
 */
export class ReplayWindow {
  readonly #seen = new Int32Array(SIZE).fill(-1);
  #highest: number | undefined;
  #highestNonce = 0;

  /** Whether this packet is new; remembers it. */
  accept(sequence: number, nonce: number): boolean {
    if (this.#highest === undefined) return this.#advance(sequence, nonce);
    const ahead = sequenceDistance(sequence, this.#highest);
    const newerBy = (nonce - this.#highestNonce) | 0;
    if (Math.abs(ahead) >= SIZE) {
      if (newerBy <= 0) return false;
      this.#seen.fill(-1);
      return this.#advance(sequence, nonce);
    }
    if (newerBy < -NONCE_SLACK || this.#seen[sequence & (SIZE - 1)] === sequence) return false;
    if (ahead > 0) return this.#advance(sequence, newerBy > 0 ? nonce : this.#highestNonce);
    if (newerBy > 0) this.#highestNonce = nonce;
    this.#seen[sequence & (SIZE - 1)] = sequence;
    return true;
  }

  #advance(sequence: number, nonce: number): true {
    this.#highest = sequence;
    this.#highestNonce = nonce;
    this.#seen[sequence & (SIZE - 1)] = sequence;
    return true;
  }
}
