/** Words that have not come this long after the end of their turn hardly will. */
const AWAITED_MS = 5_000;

/** The turns that were said and are not written down yet, for whoever must not leave before they are. */
export class PendingTranscripts {
  /** When each ended, in ms of performance.now(). */
  readonly #missing = new Map<number, number>();
  #wake: () => void = () => {};

  said(turnId: number, now: number): void {
    this.#missing.set(turnId, now);
    this.#giveUp(now);
  }

  written(turnId: number): void {
    this.#missing.delete(turnId);
    if (this.#missing.size === 0) this.#wake();
  }

  /** Resolves once nothing is missing that may still come, after `limitMs` at the latest. */
  async all(limitMs: number): Promise<void> {
    this.#giveUp(performance.now());
    if (this.#missing.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #giveUp(now: number): void {
    for (const [id, at] of this.#missing) if (now - at > AWAITED_MS) this.#missing.delete(id);
  }
}
