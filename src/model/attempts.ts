import { setTimeout as wait } from 'node:timers/promises';
import { SessionLostError } from '../bridge/errors.ts';
import { backOffMs, type Patience } from './back-off.ts';
import type { ModelLog } from './wire.ts';

/** The attempts to have a connection again: how many, how fast, and for how long. */
export class Attempts {
  readonly #parts: { readonly patience: Patience; readonly log: ModelLog; readonly signal: AbortSignal };
  #count = 0;
  #connectedAt = performance.now();
  #outageAt = performance.now();

  constructor(parts: { readonly patience: Patience; readonly log: ModelLog; readonly signal: AbortSignal }) {
    this.#parts = parts;
  }

  /** A connection is there. */
  succeeded(): void {
    this.#connectedAt = performance.now();
  }

  /**
   * Tries until it succeeds; at once where nothing was lost. Throws what went wrong last when that is final, and the
   * signal's reason.
   */
  async again<T>(loss: SessionLostError | undefined, connect: () => Promise<T>): Promise<T> {
    const { patience, signal, log } = this.#parts;
    if (performance.now() - this.#connectedAt >= patience.stableMs) {
      this.#count = 0;
      this.#outageAt = performance.now();
    }
    for (let error = loss; ; ) {
      const waitMs = error ? backOffMs(error.kind, this.#count, patience, Math.random()) : 0;
      if (error && performance.now() + waitMs - this.#outageAt > patience.giveUpMs) throw error;
      await wait(waitMs, undefined, { signal });
      this.#count += 1;
      try {
        return await connect();
      } catch (cause) {
        if (signal.aborted || !(cause instanceof SessionLostError) || !cause.retryable) throw cause;
        log.warn({ kind: cause.kind, attempt: this.#count }, 'could not reconnect to the model');
        error = cause;
      }
    }
  }
}
