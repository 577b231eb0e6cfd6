import type { TimeSource } from '../../../src/discord/voice/send/frame-clock.ts';

/** A monotonic clock and one-shot timers under a test's hand: time moves only by pass(), and may stand still for the timers. */
export class SteppedTime implements TimeSource {
  #now = 10_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  /** Timers set so far. */
  armed = 0;

  now(): number {
    return this.#now;
  }

  set(run: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    this.armed += 1;
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass; every timer fires at its time. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** Time passes while nothing runs, as when the event loop is blocked; what is overdue fires at its end. */
  stall(ms: number): void {
    this.#now += ms;
    this.pass(0);
  }
}
