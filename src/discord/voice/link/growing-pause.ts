/** How long to wait between two attempts, in ms. */
export interface PauseLimits {
  /** After the first attempt; doubled with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Without any trouble for so long, the next trouble is the first again. */
  readonly stableMs: number;
}

/**
 * The pause between two attempts to mend something that others may break on purpose: it grows with each attempt until things
 * are stable. One good sign does not make it short again, or whoever sends garbage would send one good packet in between.
 * Pure: time comes in.
 */
export class GrowingPause {
  readonly #limits: PauseLimits;
  #pauseMs: number;
  #notBefore = Number.NEGATIVE_INFINITY;
  #troubleAt = Number.NEGATIVE_INFINITY;

  constructor(limits: PauseLimits) {
    this.#limits = limits;
    this.#pauseMs = limits.firstMs;
  }

  /** Something is broken. Gives whether an attempt may be made now. */
  trouble(now: number): boolean {
    if (now - this.#troubleAt >= this.#limits.stableMs && now >= this.#notBefore) this.#pauseMs = this.#limits.firstMs;
    this.#troubleAt = now;
    return now >= this.#notBefore;
  }

  /** An attempt is made. */
  attempted(now: number): void {
    this.#notBefore = now + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, this.#limits.longestMs);
  }

  /** The next attempt need not wait; how long the one after it waits stays. */
  excuse(): void {
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }
}
