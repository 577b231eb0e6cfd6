/** The 20 ms clock of all bridges: one timer, however many conversations. Runs only while somebody listens. */
export class Ticker {
  readonly #listeners = new Set<(now: number) => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `listener` with performance.now() about every 20 ms until the returned function is called. */
  every(listener: (now: number) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#tick(), 20);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tick(): void {
    const now = performance.now();
    for (const listener of [...this.#listeners]) listener(now);
  }
}
