const FAST_MS = 20;
const SLOW_MS = 250;
/** So late, the process stood still: what came meanwhile lies unread, for timers run before sockets are read. */
const LATE_MS = 100;
/** Then sockets come first, as long as an early packet would wait in a jitter buffer. */
const CATCH_UP_MS = 60;
/** So often at most in a row, where reading them takes long, too. */
const CATCH_UPS = 5;

/** Called with performance.now(); gives whether it needs the next call in 20 ms rather than at leisure. */
export type TickListener = (now: number) => boolean;

/**
 * The clock of all bridges: one timer, however many conversations. It ticks every 20 ms while anybody needs it, four
 * times a second otherwise (an idle process that wakes 50 times a second costs 0.5 % of a core), and not at all without
 * listeners. After the process stood still, it ticks only once what people said meanwhile was read: their packets waiting in
 * the socket are not their silence.
 */
export class Ticker {
  readonly #listeners = new Set<TickListener>();
  #timer: NodeJS.Timeout | undefined;
  #fast = false;

  /** Calls `listener` until the returned function is called. */
  every(listener: TickListener): () => void {
    this.#listeners.add(listener);
    this.wake();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Something began: the next tick is due in 20 ms. Cheap when it already is. */
  wake(): void {
    if (this.#timer && this.#fast) return;
    clearTimeout(this.#timer);
    this.#schedule(true);
  }

  #schedule(fast: boolean): void {
    this.#fast = fast;
    this.#expect(fast ? FAST_MS : SLOW_MS, CATCH_UPS);
  }

  #expect(ms: number, catchUps: number): void {
    const dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      if (catchUps === 0 || performance.now() - dueAt < LATE_MS) this.#tick();
      else this.#expect(CATCH_UP_MS, catchUps - 1);
    }, ms);
  }

  #tick(): void {
    this.#timer = undefined;
    const now = performance.now();
    let busy = false;
    for (const listener of [...this.#listeners]) busy = listener(now) || busy;
    if (this.#listeners.size > 0 && !this.#timer) this.#schedule(busy);
  }
}
