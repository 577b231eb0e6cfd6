/** What goes wrong, on the way of people's packets for the most part. Probabilities are 0..1; all are off (0) by default. */
export interface Faults {
  loss: number;
  /** A packet comes after the one that was sent after it. */
  reorder: number;
  /** A packet comes twice, the same bytes. */
  duplicates: number;
  delayMs: number;
  /** Added to the delay, evenly spread over 0..jitterMs; by itself it never changes the order. */
  jitterMs: number;
  /** What the voice gateway says comes to the bot this much later, in order, while its packets are in time. */
  gatewayDelayMs: number;
  /** Contributing sources that the header of each of people's packets names (RFC 3550 section 5.1), 0..15. */
  csrcs: number;
}

/** Everything as it should be. */
export const NO_FAULTS: Readonly<Faults> = {
  loss: 0,
  reorder: 0,
  duplicates: 0,
  delayMs: 0,
  jitterMs: 0,
  gatewayDelayMs: 0,
  csrcs: 0,
};

/** How often each fault struck, and what was passed on (a duplicate counts once). */
export interface FaultCounts {
  passed: number;
  lost: number;
  reordered: number;
  duplicated: number;
}

/** A packet that was held back goes out by itself after this time, when its sender says nothing more. */
const HELD_MS = 60;

/** A source of the same numbers 0..1 for the same seed (mulberry32) and name (FNV-1a of it). */
export function seededRandom(seed: number, name: string): () => number {
  let state = seed >>> 0 || 0x9e3779b9;
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Deliver<T> = (packet: T, copies: number) => void;

/**
 * The way of one sender's packets. What strikes a packet depends on the seed, the sender and the packet's number alone,
 * so that senders don't change each other's luck.
 */
export class FaultyPath<T> {
  readonly #faults: Faults;
  readonly #counts: FaultCounts;
  readonly #random: () => number;
  readonly #deliver: Deliver<T>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #late: { packet: T; copies: number }[] = [];
  #held: { packet: T; copies: number; timer: NodeJS.Timeout } | undefined;
  #lastAt = 0;

  constructor(options: { faults: Faults; counts: FaultCounts; random: () => number; deliver: Deliver<T> }) {
    this.#faults = options.faults;
    this.#counts = options.counts;
    this.#random = options.random;
    this.#deliver = options.deliver;
  }

  send(packet: T): void {
    // Always four numbers per packet: switching one fault on doesn't move the others.
    const [loss, reorder, duplicate, jitter] = [this.#random(), this.#random(), this.#random(), this.#random()];
    if (loss < this.#faults.loss) {
      this.#counts.lost++;
      return;
    }
    const copies = duplicate < this.#faults.duplicates ? 2 : 1;
    if (copies === 2) this.#counts.duplicated++;
    if (reorder < this.#faults.reorder && !this.#held) this.#hold(packet, copies);
    else {
      this.#later(packet, copies, jitter);
      if (this.#held) this.#counts.reordered++;
      this.#release();
    }
  }

  /** Forgets what is on the way. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#late.length = 0;
    if (this.#held) clearTimeout(this.#held.timer);
    this.#held = undefined;
  }

  #hold(packet: T, copies: number): void {
    const timer = setTimeout(() => this.#release(), HELD_MS);
    this.#held = { packet, copies, timer };
  }

  #release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    clearTimeout(held.timer);
    this.#later(held.packet, held.copies, 0);
  }

  #later(packet: T, copies: number, jitter: number): void {
    this.#counts.passed++;
    const delayMs = this.#faults.delayMs + jitter * this.#faults.jitterMs;
    const now = performance.now();
    if (delayMs === 0 && this.#timers.size === 0) {
      this.#deliver(packet, copies);
      return;
    }
    this.#lastAt = Math.max(now + delayMs, this.#lastAt);
    this.#late.push({ packet, copies });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const first = this.#late.shift(); // timers of nearly the same moment may fire in another order
      if (first) this.#deliver(first.packet, first.copies);
    }, this.#lastAt - now);
    this.#timers.add(timer);
  }
}
