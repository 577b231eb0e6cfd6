import type { Risk } from './tool.ts';

/** A bucket holds `burst` calls and fills up with as many in a minute. */
const PER_PERSON: Readonly<Record<Risk, number>> = { read: 30, write: 10, dangerous: 3 };
const PER_GUILD = 120;
const MINUTE_MS = 60_000;
/** Sums of fractions come to a little less than one. */
const WHOLE = 1 - 1e-6;
/** Full buckets say nothing and are forgotten beyond this. */
const MOST_BUCKETS = 10_000;

interface Bucket {
  readonly size: number;
  left: number;
  at: number;
}

/** How often people may use tools: token buckets in memory, for each person and tool, and for each guild. Pure. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();

  /**
   * Takes one call from everybody's bucket and the guild's, or from none. Gives 0, or how long to wait in ms.
   * `userIds` empty: nobody is known, who then share one bucket.
   */
  take(
    call: { readonly guildId: string; readonly tool: string; readonly risk: Risk; readonly userIds: readonly string[] },
    now: number,
  ): number {
    const { guildId, tool, risk } = call;
    const people = call.userIds.length > 0 ? call.userIds : ['nobody'];
    const buckets = [
      ...people.map((userId) => this.#bucket(JSON.stringify([guildId, userId, tool]), PER_PERSON[risk], now)),
      this.#bucket(guildId, PER_GUILD, now),
    ];
    const waitMs = Math.max(
      ...buckets.map(({ left, size }) => (left >= WHOLE ? 0 : Math.ceil(((WHOLE - left) * MINUTE_MS) / size))),
    );
    if (waitMs === 0) for (const bucket of buckets) bucket.left -= 1;
    return waitMs;
  }

  #bucket(key: string, size: number, now: number): Bucket {
    const known = this.#buckets.get(key) ?? { size, left: size, at: now };
    known.left = Math.min(size, known.left + ((now - known.at) * size) / MINUTE_MS);
    known.at = now;
    this.#buckets.set(key, known);
    if (this.#buckets.size > MOST_BUCKETS) this.#forgetFull(now, known);
    return known;
  }

  #forgetFull(now: number, but: Bucket): void {
    for (const [key, bucket] of this.#buckets) {
      const full = bucket.left + ((now - bucket.at) * bucket.size) / MINUTE_MS >= bucket.size;
      if (full && bucket !== but) this.#buckets.delete(key);
    }
    // Where none is full, the oldest goes: somebody gets a few calls more.
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
