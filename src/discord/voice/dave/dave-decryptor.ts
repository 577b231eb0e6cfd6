import { SILENCE_PACKET } from '../receive/speaker-stream.ts';
import type { OpenedPacket } from '../receive/ssrc-owners.ts';

/** Media may overtake the end-to-end key that opens it, when somebody joins or leaves: it waits this long for it. */
const WAIT_MS = 500;
const LIMIT = 32;
/** A DAVE frame ends with this marker (protocol whitepaper, frame format). */
const MARKER = 0xfafa;

/** Whether a payload bears the mark of end-to-end encryption. Such a one must never reach the decoder: it would be noise. */
export function isSealed(payload: Buffer): boolean {
  return payload.length > 2 && payload.readUInt16BE(payload.length - 2) === MARKER;
}

/**
 * Undoes one stream's end-to-end encryption. A packet for which there is no key yet waits with those behind it, until a
 * later one can be opened: then what is still closed will never be.
 */
export class DaveDecryptor {
  readonly #unseal: (packet: Buffer) => Buffer;
  readonly #sealable: () => boolean;
  readonly #opened: (packet: OpenedPacket) => void;
  readonly #lost: (packets: number) => void;
  readonly #waiting: OpenedPacket[] = [];
  #lastSequence: number | undefined;

  /** `unseal` throws where it cannot. `sealable`: whether there is end-to-end encryption at all. `lost` gets a number. */
  constructor(options: {
    unseal: (packet: Buffer) => Buffer;
    sealable: () => boolean;
    opened: (packet: OpenedPacket) => void;
    lost: (packets: number) => void;
  }) {
    this.#unseal = options.unseal;
    this.#sealable = options.sealable;
    this.#opened = options.opened;
    this.#lost = options.lost;
  }

  /** Sequence number of the last packet that was opened, so that is surely this person's. */
  get lastSequence(): number | undefined {
    return this.#lastSequence;
  }

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a packet without its transport encryption. False: it could not be opened (yet). */
  take(packet: OpenedPacket): boolean {
    if (this.#waiting.length > 0) this.retry(packet.receivedAt);
    const isSilence = packet.payload.equals(SILENCE_PACKET);
    if (this.#waiting.length > 0 && isSilence) {
      this.#keep(packet);
      return true;
    }
    if (!this.#open(packet)) {
      this.#keep(packet);
      return false;
    }
    if (this.#waiting.length > 0) this.#lost(this.#waiting.splice(0).length);
    return true;
  }

  /** A packet that nobody may listen to went by: it stays closed, and only its place in the order is noted. */
  pass({ sequence, payload }: OpenedPacket): void {
    if (!isSealed(payload)) this.#lastSequence = sequence;
  }

  /** Opens what waits for a key, in order; gives up what has waited too long. */
  retry(now: number): void {
    for (let packet = this.#waiting[0]; packet; packet = this.#waiting[0]) {
      const opened = this.#open(packet);
      if (!opened && now - packet.receivedAt < WAIT_MS) return;
      if (!opened) this.#lost(1);
      this.#waiting.shift();
    }
  }

  /** Gives what could not be opened. */
  close(): OpenedPacket[] {
    return this.#waiting.splice(0);
  }

  #keep(packet: OpenedPacket): void {
    this.#waiting.push(packet);
    if (this.#waiting.length <= LIMIT) return;
    this.#waiting.shift();
    this.#lost(1);
  }

  #open(packet: OpenedPacket): boolean {
    let payload: Buffer;
    try {
      payload = this.#payload(packet.payload);
    } catch {
      return false;
    }
    this.#lastSequence = packet.sequence;
    this.#opened(payload === packet.payload ? packet : { ...packet, payload });
    return true;
  }

  #payload(payload: Buffer): Buffer {
    if (payload.equals(SILENCE_PACKET)) return payload;
    if (this.#sealable()) return this.#unseal(payload);
    if (isSealed(payload)) throw new Error('sealed, and there is nothing to open it with');
    return payload;
  }
}
