/** The turns that were said and are not written down yet, for whoever must not leave before they are. */
export class LastWords {
  readonly #missing = new Set<number>();
  #wake: () => void = () => {};

  said(turnId: number): void {
    this.#missing.add(turnId);
  }

  written(turnId: number): void {
    this.#missing.delete(turnId);
    if (this.#missing.size === 0) this.#wake();
  }

  /** Resolves once nothing is missing, after `limitMs` at the latest. */
  async all(limitMs: number): Promise<void> {
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
