import type { Patience } from './back-off.ts';

/** When the replacement of a connection begins that has a known end, and by when it has to be done. */
export class Rotation {
  readonly #patience: Patience;
  readonly #begin: (byAt: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `byAt`: performance.now(). */
  constructor(patience: Patience, begin: (byAt: number) => void) {
    this.#patience = patience;
    this.#begin = begin;
  }

  /** `at`: performance.now(). The latest word counts. */
  endsAt(at: number): void {
    const { quietMs, forcedMs } = this.#patience;
    const leftMs = at - performance.now();
    // Where there is little time, most of it is for a quiet moment.
    const byAt = at - Math.min(forcedMs, leftMs / 4);
    this.stop();
    this.#timer = setTimeout(() => this.#begin(byAt), Math.max(0, leftMs - quietMs));
    this.#timer.unref();
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
