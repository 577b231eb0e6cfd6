/** Buckets of people and servers that did nothing lately say nothing, and are forgotten beyond this. */
const MOST_BUCKETS = 10_000;

/** How often something may be done: `burst` times in a row, and once more each `everyMs`. */
export interface CooldownLimits {
  readonly burst: number;
  readonly everyMs: number;
}

/** Token buckets in memory for what costs and can be asked for again and again. Pure: time comes in. */
export class Cooldown {
  readonly #limits: CooldownLimits;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(limits: CooldownLimits) {
    this.#limits = limits;
  }

  /** How long these have to wait, in ms; 0: they may. Takes nothing. */
  waitMs(keys: readonly string[], now: number): number {
    return Math.max(0, ...keys.map((key) => (1 - this.#left(key, now)) * this.#limits.everyMs));
  }

  /** Takes one from each. */
  take(keys: readonly string[], now: number): void {
    for (const key of keys) {
      const left = this.#left(key, now) - 1;
      // The newest last.
      this.#buckets.delete(key);
      this.#buckets.set(key, { left, at: now });
    }
    while (this.#buckets.size > MOST_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string);
  }

  #left(key: string, now: number): number {
    const { burst, everyMs } = this.#limits;
    const bucket = this.#buckets.get(key);
    return bucket ? Math.min(burst, bucket.left + (now - bucket.at) / everyMs) : burst;
  }
}
