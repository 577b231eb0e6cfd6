const LOOK_EVERY_MS = 4;
/** A timer that is this late was held up by something else than the timer's own coarseness. */
const STALL_MS = 8;

/**
 * Notes when this very process stood still (collection of garbage, other programs on the machine): the simulators and
 * the clock are in it, so what is timed meanwhile says nothing about the bot.
 */
export class StallWatch {
  readonly #stalls: { readonly from: number; readonly to: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #lookedAt = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (now - this.#lookedAt > LOOK_EVERY_MS + STALL_MS) this.#stalls.push({ from: this.#lookedAt, to: now });
      this.#lookedAt = now;
    }, LOOK_EVERY_MS);
  }

  /** Whether this process stood still at some time between two instants. */
  between(from: number, to: number): boolean {
    return this.#stalls.some((stall) => stall.from <= to && stall.to >= from);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
