import { setImmediate } from 'node:timers/promises';

/** A clock and timers that move only when told to. */
export class ManualTimer {
  #nowMs: number;
  readonly #waiting = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(startMs = 1_000) {
    this.#nowMs = startMs;
  }

  readonly now = (): number => this.#nowMs;

  readonly set = (run: () => void, ms: number): (() => void) => {
    const entry = { at: this.#nowMs + ms, run };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  };

  /** How many timers are set. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Lets `ms` pass: every timer runs at its instant, and what it started settles before the next one. */
  async pass(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#waiting].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#waiting.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.run();
      await setImmediate();
    }
    this.#nowMs = end;
    await setImmediate();
  }
}
