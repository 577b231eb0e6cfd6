/** Runs `run` once after `ms` unless the returned function is called before. */
export type Timer = (run: () => void, ms: number) => () => void;

/** What a write did: something else is due, nothing is due, or it failed and is due again. */
export type Outcome = 'more' | 'done' | 'failed';

/** The first write waits this long for more to come with it. */
const GATHER_MS = 150;
/** After failures the interval doubles up to this. */
const LONGEST_WAIT_MS = 30_000;
/** One that succeeds between others that fail does not mean that it is over: for so long after a failure it goes on slowly. */
const DOUBT_MS = 20_000;
const DOUBTED_FAILURES = 2;
/** A last drain is for a full channel of words, not for ever. */
const DRAIN_LIMIT = 50;

/** Writes one after the other, at most one in `intervalMs`, never two at once, slower while they fail. */
export class WriteThrottle {
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #timer: Timer;
  readonly #write: () => Promise<Outcome>;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #failedAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** `write` does one write and never rejects. */
  constructor(options: { intervalMs: number; now: () => number; timer: Timer; write: () => Promise<Outcome> }) {
    this.#intervalMs = options.intervalMs;
    this.#now = options.now;
    this.#timer = options.timer;
    this.#write = options.write;
  }

  /** Something is due. Cheap; call it as often as you like. `anew`: what made writes fail is over. */
  wake(anew = false): void {
    if (anew) {
      this.#failures = 0;
      this.#cancel?.();
      this.#cancel = undefined;
    }
    if (this.#stopped || this.#running || this.#cancel) return;
    const intervalMs = Math.min(this.#intervalMs * 2 ** this.#failures, LONGEST_WAIT_MS);
    const ms = Math.max(GATHER_MS, this.#wroteAt + intervalMs - this.#now());
    this.#cancel = this.#timer(() => {
      this.#cancel = undefined;
      this.#run(async () => {
        const outcome = await this.#once();
        return outcome !== 'done';
      });
    }, ms);
  }

  /** Writes all that is due without waiting in between; ends at the first failure. */
  async drain(): Promise<void> {
    await this.#running;
    this.#cancel?.();
    this.#cancel = undefined;
    // Another drain may have begun during the wait above.
    if (this.#running !== undefined) return this.#running;
    this.#run(async () => {
      let outcome: Outcome = 'more';
      for (let left = DRAIN_LIMIT; left > 0 && outcome === 'more'; left--) outcome = await this.#once();
      return outcome !== 'done';
    });
    await this.#running;
  }

  /** Nothing is written by itself any more; drain() still works. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #run(work: () => Promise<boolean>): void {
    this.#running = work().then((again) => {
      this.#running = undefined;
      if (again) this.wake();
    });
  }

  async #once(): Promise<Outcome> {
    this.#wroteAt = this.#now();
    const outcome = await this.#write();
    if (outcome === 'failed') {
      this.#failures += 1;
      this.#failedAt = this.#now();
    } else {
      const isOver = this.#now() - this.#failedAt >= DOUBT_MS;
      this.#failures = isOver ? 0 : Math.min(this.#failures, DOUBTED_FAILURES);
    }
    return outcome;
  }
}
