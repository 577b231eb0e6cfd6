/** Words that have not come this long after the end of their turn hardly will. */
const AWAITED_MS = 5_000;

/** The turns that were said and are not written down yet, for whoever must not leave before they are. */
export class LastWords {
  /** When each ended, in ms of performance.now(). */
  readonly #missing = new Map<number, number>();
  #wake: () => void = () => {};

  said(turnId: number, now: number): void {
    this.#missing.set(turnId, now);
    for (const [id, at] of this.#missing) if (now - at > AWAITED_MS) this.#missing.delete(id);
  }

  written(turnId: number): void {
    this.#missing.delete(turnId);
    if (this.#missing.size === 0) this.#wake();
  }

  /** Resolves once nothing is missing that may still come, after `limitMs` at the latest. */
  async all(limitMs: number): Promise<void> {
    const now = performance.now();
    for (const [id, at] of this.#missing) if (now - at > AWAITED_MS) this.#missing.delete(id);
    if (this.#missing.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
