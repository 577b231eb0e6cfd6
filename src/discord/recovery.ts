import { type LinkPatience, pauseBefore } from './voice-policy.ts';

/** How often and for how long a voice connection has been tried for since it last held. Times in ms of performance.now(). */
export class Recovery {
  readonly #patience: LinkPatience;
  #attempts = 0;
  #brokenAt: number | undefined;
  #stable: NodeJS.Timeout | undefined;

  constructor(patience: LinkPatience) {
    this.#patience = patience;
  }

  /** Attempts that failed since the last connection that held. */
  get attempts(): number {
    return this.#attempts;
  }

  /** No sound flows from now on, if that was not known before. */
  broke(now: number): void {
    this.#brokenAt ??= now;
  }

  /** Whether sound has been missing for longer than anybody should wait. */
  isTooLong(now: number): boolean {
    return this.#brokenAt !== undefined && now - this.#brokenAt >= this.#patience.recoverMs;
  }

  /** An attempt failed. Gives the pause before the next one; undefined after too many. */
  failed(now: number): number | undefined {
    this.broke(now);
    this.#attempts += 1;
    clearTimeout(this.#stable);
    if (this.#attempts > this.#patience.attempts) return undefined;
    return Math.round(pauseBefore(this.#attempts, this.#patience, Math.random()));
  }

  /** Sound flows again. Gives for how long it did not; attempts are counted anew once that has held for a while. */
  held(now: number): number {
    const gapMs = this.#brokenAt === undefined ? 0 : now - this.#brokenAt;
    this.#brokenAt = undefined;
    clearTimeout(this.#stable);
    this.#stable = setTimeout(() => {
      this.#attempts = 0;
    }, this.#patience.stableMs);
    return gapMs;
  }

  close(): void {
    clearTimeout(this.#stable);
  }
}
