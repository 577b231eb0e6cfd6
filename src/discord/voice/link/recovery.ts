import { type LinkPatience, pauseBefore } from './close-codes.ts';

/** How often and for how long a voice connection has been tried for since it last held. Times in ms of performance.now(). */
export class Recovery {
  readonly #patience: LinkPatience;
  #attempts = 0;
  #refusals = 0;
  #brokenAt: number | undefined;
  #tryingSince = 0;
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
    if (this.#brokenAt !== undefined) return;
    this.#brokenAt = now;
    this.#tryingSince = now;
  }

  /** Whether sound has been tried for in vain for longer than anybody should wait. */
  isTooLong(now: number): boolean {
    return this.#brokenAt !== undefined && now - this.#tryingSince >= this.#patience.recoverMs;
  }

  /** The gateway has been away, or it is another session: what went wrong before says nothing about what can be had now. */
  beginAgain(now: number): void {
    this.#attempts = 0;
    this.#refusals = 0;
    if (this.#brokenAt !== undefined) this.#tryingSince = now;
  }

  /**
   * An attempt failed. `refused`: Discord said no, as opposed to nothing, which may be the network's. Gives the pause before
   * the next one; undefined after too many refusals.
   */
  failed(now: number, refused: boolean): number | undefined {
    this.broke(now);
    this.#attempts += 1;
    if (refused) this.#refusals += 1;
    clearTimeout(this.#stable);
    if (this.#refusals > this.#patience.attempts) return undefined;
    return Math.round(pauseBefore(this.#attempts, this.#patience, Math.random()));
  }

  /** Sound flows again. Gives for how long it did not; attempts are counted anew once that has held for a while. */
  held(now: number): number {
    const gapMs = this.#brokenAt === undefined ? 0 : now - this.#brokenAt;
    this.#brokenAt = undefined;
    clearTimeout(this.#stable);
    this.#stable = setTimeout(() => {
      this.#attempts = 0;
      this.#refusals = 0;
    }, this.#patience.stableMs);
    return gapMs;
  }

  close(): void {
    clearTimeout(this.#stable);
  }
}
