import { type WallClock, wallClock } from './wall-clock.ts';

/**
 * The time of day for what happens one after the other, such as the lines of one conversation: it runs with the monotonic
 * clock and is never set back, so that the order of what happened stays the order of its times.
 */
export class SteadyTime {
  readonly #clock: Pick<WallClock, 'at'>;
  readonly #monotonic: () => number;
  #ahead = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<WallClock, 'at'> = wallClock, monotonic: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#monotonic = monotonic;
  }

  /** Now, in ms since 1970. */
  now(): number {
    return this.at(this.#monotonic());
  }

  /** An instant of performance.now(), in ms since 1970. */
  at(monotonic: number): number {
    this.#ahead = Math.max(this.#ahead, this.#clock.at(monotonic) - monotonic);
    return Math.round(monotonic + this.#ahead);
  }
}
