/** One media packet of one RTP stream, decrypted. `timestamp` counts samples at 48 kHz (RFC 7587). */
export interface MediaPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Arrival, in ms. */
  readonly receivedAt: number;
}

/**
 * What leaves the buffer, in the sender's order. `lost`: this many packets are given up for lost before the next one.
 * `restarted`: the sender counts anew from the next packet on.
 */
export type JitterOutput =
  | { readonly type: 'packet'; readonly packet: MediaPacket }
  | { readonly type: 'lost'; readonly count: number }
  | { readonly type: 'restarted' };

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
const START_WAIT_MS = 60;
const LEAST_WAIT_MS = 20;
/** Beyond how late packets were seen to come. */
const MARGIN_MS = 10;
/** How fast a wait that nobody needed any more shrinks, per packet: from 120 ms to 20 in about 40 s of speech. */
const SHRINK_MS = 0.05;

/**
 * Puts the packets of one RTP stream in order. A packet that is next in order leaves at once, so an in-order stream
 * has no delay. Behind a gap packets wait for as long as this stream's late packets were seen to need (20 ms to
 * `maxWaitMs`, 60 at first; up at once, down slowly), then the missing ones are given up.
 */
export class JitterBuffer {
  readonly #maxWaitMs: number;
  readonly #waiting = new Map<number, MediaPacket>();
  #next: number | undefined;
  /** When the oldest gap was seen. */
  #gapSince = 0;
  #waitMs: number;
  /** The packet after the gap that was given up last, to tell how late one of the gap comes after all. */
  #givenUp = { sequence: 0, count: 0, seenAt: Number.NEGATIVE_INFINITY };
  #counts = { received: 0, duplicates: 0, late: 0, lost: 0, reordered: 0 };

  constructor(options: { maxWaitMs: number }) {
    this.#maxWaitMs = options.maxWaitMs;
    this.#waitMs = Math.min(START_WAIT_MS, options.maxWaitMs);
  }

  get counts(): JitterCounts {
    return this.#counts;
  }

  /** How long packets behind a gap wait now, in ms. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** Whether packets wait behind a gap, so that tick() has to be called. */
  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes a packet as it came; gives what can leave now. */
  push(packet: MediaPacket): JitterOutput[] {
    this.#counts.received += 1;
    this.#waitMs = Math.max(Math.min(LEAST_WAIT_MS, this.#maxWaitMs), this.#waitMs - SHRINK_MS);
    if (this.#next === undefined) this.#next = packet.sequence;
    const distance = sequenceDistance(packet.sequence, this.#next);
    if (Math.abs(distance) > RESTART_DISTANCE) return this.#restart(packet);
    if (distance < 0) {
      this.#late(packet);
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
    this.#next = (packet.sequence + 1) & 0xffff;
    const out: JitterOutput[] = [{ type: 'packet', packet }];
    if (this.#waiting.size === 0) return out;
    this.#counts.reordered += 1;
    this.#needed(packet.receivedAt - this.#gapSince);
    this.#takeConsecutive(out);
    return out;
  }

  /** Gives up gaps that are older than the wait. Call it every few ms while `waiting`. */
  tick(now: number): JitterOutput[] {
    const out: JitterOutput[] = [];
    while (this.#waiting.size > 0 && now - this.#gapSince >= this.#waitMs) this.#giveUpGap(out);
    return out;
  }

  /** Forgets the stream; the next packet starts a new one. Gives what was still waiting, in order. */
  drain(): JitterOutput[] {
    const out: JitterOutput[] = [];
    while (this.#waiting.size > 0) this.#giveUpGap(out);
    this.#next = undefined;
    return out;
  }

  #restart(packet: MediaPacket): JitterOutput[] {
    const out = this.drain();
    this.#next = (packet.sequence + 1) & 0xffff;
    this.#givenUp = { sequence: 0, count: 0, seenAt: Number.NEGATIVE_INFINITY };
    out.push({ type: 'restarted' }, { type: 'packet', packet });
    return out;
  }

  /** Behind the point already given out: either it was given out, or it was given up, and then the wait was too short. */
  #late(packet: MediaPacket): void {
    this.#counts.late += 1;
    const before = sequenceDistance(this.#givenUp.sequence, packet.sequence);
    if (before >= 1 && before <= this.#givenUp.count) this.#needed(packet.receivedAt - this.#givenUp.seenAt);
  }

  /** A missing packet came this long after the one behind it. */
  #needed(ms: number): void {
    this.#waitMs = Math.min(this.#maxWaitMs, Math.max(this.#waitMs, ms + MARGIN_MS));
  }

  #giveUpGap(out: JitterOutput[]): void {
    const next = this.#next as number;
    let count = Number.POSITIVE_INFINITY;
    for (const sequence of this.#waiting.keys()) count = Math.min(count, sequenceDistance(sequence, next));
    this.#counts.lost += count;
    out.push({ type: 'lost', count });
    this.#next = (next + count) & 0xffff;
    this.#givenUp = { sequence: this.#next, count, seenAt: this.#gapSince };
    this.#takeConsecutive(out);
  }

  #takeConsecutive(out: JitterOutput[]): void {
    let next = this.#next as number;
    for (let packet = this.#waiting.get(next); packet; packet = this.#waiting.get(next)) {
      this.#waiting.delete(next);
      out.push({ type: 'packet', packet });
      next = (next + 1) & 0xffff;
    }
    this.#next = next;
    // What still waits, waits behind another gap, which was seen when the first of them came.
    let since = Number.POSITIVE_INFINITY;
    for (const packet of this.#waiting.values()) since = Math.min(since, packet.receivedAt);
    this.#gapSince = since;
  }
}
