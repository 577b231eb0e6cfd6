/** One media packet of one RTP stream, decrypted. `timestamp` counts samples at 48 kHz (RFC 7587). */
export interface MediaPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Arrival, in ms. */
  readonly receivedAt: number;
}

/** What leaves the buffer, in the sender's order. `lost`: this many packets are given up for lost before the next one. */
export type JitterOutput =
  | { readonly type: 'packet'; readonly packet: MediaPacket }
  | { readonly type: 'lost'; readonly count: number };

/** Counters since the start, in packets. */
export interface JitterCounts {
  readonly received: number;
  readonly duplicates: number;
  readonly late: number;
  readonly lost: number;
  readonly reordered: number;
}

/** How far `a` is after `b` in 16-bit sequence numbers, −32768…32767 (RFC 3550 appendix A.1). */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b + 0x8000) & 0xffff) - 0x8000;
}

/** A sender that jumps further than this has restarted: waiting for what lies between would make it deaf. */
const RESTART_DISTANCE = 250;

/**
 * Puts the packets of one RTP stream in order. A packet that is next in order leaves at once, so an in-order stream
 * has no delay; behind a gap packets wait at most `maxWaitMs`, then the missing ones are given up.
 */
export class JitterBuffer {
  readonly #maxWaitMs: number;
  readonly #waiting = new Map<number, MediaPacket>();
  #next: number | undefined;
  /** When the oldest gap was seen. */
  #gapSince = 0;
  #counts = { received: 0, duplicates: 0, late: 0, lost: 0, reordered: 0 };

  constructor(options: { maxWaitMs: number }) {
    this.#maxWaitMs = options.maxWaitMs;
  }

  get counts(): JitterCounts {
    return this.#counts;
  }

  /** Whether packets wait behind a gap, so that tick() has to be called. */
  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes a packet as it came; gives what can leave now. */
  push(packet: MediaPacket): JitterOutput[] {
    this.#counts.received += 1;
    if (this.#next === undefined) this.#next = packet.sequence;
    const distance = sequenceDistance(packet.sequence, this.#next);
    if (Math.abs(distance) > RESTART_DISTANCE) return this.#restart(packet);
    if (distance < 0) {
      // Behind the point already given out: either it was given out, or it was given up.
      this.#counts.late += 1;
      return [];
    }
    if (this.#waiting.has(packet.sequence)) {
      this.#counts.duplicates += 1;
      return [];
    }
    if (distance > 0) {
      if (this.#waiting.size === 0) this.#gapSince = packet.receivedAt;
      this.#waiting.set(packet.sequence, packet);
      return this.tick(packet.receivedAt);
    }
    if (this.#waiting.size > 0) this.#counts.reordered += 1;
    this.#next = (packet.sequence + 1) & 0xffff;
    const out: JitterOutput[] = [{ type: 'packet', packet }];
    this.#takeConsecutive(out, packet.receivedAt);
    return out;
  }

  /** Gives up gaps that are older than the limit. Call it every few ms while `waiting`. */
  tick(now: number): JitterOutput[] {
    const out: JitterOutput[] = [];
    while (this.#waiting.size > 0 && now - this.#gapSince >= this.#maxWaitMs) this.#giveUpGap(out, now);
    return out;
  }

  /** Forgets the stream; the next packet starts a new one. Gives what was still waiting, in order. */
  drain(): JitterOutput[] {
    const out: JitterOutput[] = [];
    while (this.#waiting.size > 0) this.#giveUpGap(out, 0);
    this.#next = undefined;
    return out;
  }

  #restart(packet: MediaPacket): JitterOutput[] {
    const out = this.drain();
    this.#next = (packet.sequence + 1) & 0xffff;
    out.push({ type: 'packet', packet });
    return out;
  }

  #giveUpGap(out: JitterOutput[], now: number): void {
    const next = this.#next as number;
    let count = Number.POSITIVE_INFINITY;
    for (const sequence of this.#waiting.keys()) count = Math.min(count, sequenceDistance(sequence, next));
    this.#counts.lost += count;
    out.push({ type: 'lost', count });
    this.#next = (next + count) & 0xffff;
    this.#takeConsecutive(out, now);
  }

  #takeConsecutive(out: JitterOutput[], now: number): void {
    let next = this.#next as number;
    for (let packet = this.#waiting.get(next); packet; packet = this.#waiting.get(next)) {
      this.#waiting.delete(next);
      out.push({ type: 'packet', packet });
      next = (next + 1) & 0xffff;
    }
    this.#next = next;
    // What still waits, waits behind another gap, whose clock starts now at the latest.
    this.#gapSince = now;
  }
}
