import { setTimeout as wait } from 'node:timers/promises';
import { type SessionLossKind, SessionLostError } from '../../ports/errors.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { backOffMs, type RetryPolicy } from './retry-policy.ts';

/** How often and how long it is tried; aborting the signal ends it. */
export interface AttemptsDeps {
  readonly patience: RetryPolicy;
  readonly log: ModelLog;
  readonly signal: AbortSignal;
  /** A session of this model has worked before, so one message that says no is not believed. */
  readonly worked?: boolean;
}

/**
 * How often a verdict is doubted after sessions that worked: it may be about what was in the lost session, about another
 * machine of the service, or about something on the way.
 */
const DOUBTED: Readonly<Partial<Record<SessionLossKind, number>>> = { 'invalid-request': 2 };
const DOUBTED_ELSE = 1;

/** The attempts to have a connection again: how many, how fast, and for how long. */
export class Attempts {
  readonly #deps: AttemptsDeps;
  #count = 0;
  /** Verdicts since a connection that lasted or worked. */
  #verdicts = 0;
  #countedAt = performance.now();
  #connectedAt = performance.now();
  #outageAt = performance.now();
  #failing: SessionLostError | undefined;

  constructor(deps: AttemptsDeps) {
    this.#deps = deps;
  }

  /** Why the connection is not there yet; undefined: it is, or nothing is known. */
  get failing(): SessionLostError | undefined {
    return this.#failing;
  }

  /** A connection is there. */
  succeeded(): void {
    this.#connectedAt = performance.now();
    this.#failing = undefined;
  }

  /** The connection did what it is for: what was said against it before is over. */
  worked(): void {
    this.#verdicts = 0;
  }

  /**
   * Tries until it succeeds; at once where nothing was lost. Throws what went wrong last when that is final, and the
   * signal's reason.
   */
  async again<T>(loss: SessionLostError | undefined, connect: () => Promise<T>): Promise<T> {
    const { signal, log } = this.#deps;
    this.#settle();
    for (let error = loss; ; ) {
      if (error && this.#isFinal(error)) throw error;
      this.#failing = error;
      const waitMs = error ? this.#waitMs(error) : 0;
      if (error && performance.now() + waitMs - this.#outageAt > this.#giveUpMs(error)) throw error;
      await wait(waitMs, undefined, { signal });
      this.#count += 1;
      this.#countedAt = performance.now();
      try {
        return await connect();
      } catch (cause) {
        if (signal.aborted || !(cause instanceof SessionLostError)) throw cause;
        const { kind, message: reason } = cause;
        log.warn({ kind, attempt: Math.ceil(this.#count), reason }, 'could not reconnect to the model');
        error = cause;
      }
    }
  }

  #isFinal({ retryable, kind }: SessionLostError): boolean {
    if (retryable) return false;
    this.#verdicts += 1;
    return !this.#deps.worked || this.#verdicts > (DOUBTED[kind] ?? DOUBTED_ELSE);
  }

  /** What the service asks for counts, within reason. */
  #waitMs({ kind, retryAfterMs = 0 }: SessionLostError): number {
    const { patience } = this.#deps;
    const own = backOffMs(kind, this.#count, patience, Math.random());
    return Math.max(own, Math.min(retryAfterMs, patience.askedMs));
  }

  /** A quota that is there again soon is one a minute: any other is used up. */
  #giveUpMs({ kind }: SessionLostError): number {
    const { giveUpMs, quotaMs } = this.#deps.patience;
    return kind === 'quota' ? Math.min(giveUpMs, quotaMs) : giveUpMs;
  }

  /** Lets a connection that was there count: for its time, so that many that are short are not made without a pause. */
  #settle(): void {
    const { stableMs, evenMs } = this.#deps.patience;
    const now = performance.now();
    if (this.#connectedAt >= this.#countedAt) {
      this.#count = Math.max(0, this.#count - (now - this.#countedAt) / evenMs);
      this.#countedAt = now;
    }
    if (now - this.#connectedAt < stableMs) return;
    this.#outageAt = now;
    this.#verdicts = 0;
  }
}
